import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import type { Value } from '../../onnx/index.js'
import { dataTypes } from '../../onnx/tensor.js'
import { joinBytes } from '../../onnx/wire.js'

/**
 * An `.onnx` file that gives out values from within its graph as well. The file's own bytes stay as they are: Protocol
 * Buffers join lists that are written one after the other, so that more outputs can simply follow.
 */
export function withOutputs(bytes: Uint8Array, values: readonly Value[]): Uint8Array {
  if (values.length === 0) return bytes
  const output = [...new Set(values)].map(({ name, dtype }) => ({
    name,
    type: { value: { case: 'tensorType' as const, value: { elemType: dataTypes[dtype] } } },
  }))
  return joinBytes([bytes, toBinary(ModelProtoSchema, create(ModelProtoSchema, { graph: { output } }))])
}
