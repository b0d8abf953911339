import { create, toBinary } from '@bufbuild/protobuf'
import { ModelProtoSchema } from 'onnx-buf'
import type * as Ort from 'onnxruntime-node'
import { joinBytes } from '../../onnx/wire.js'

/**
 * onnxruntime-node (1.30) copies every output into a new array after a run, even those that it was given memory for. A
 * training step gives out all parameters and moments: for ViT-B that is a gigabyte a step, a fifth of its time and a
 * third of its memory. The binding goes through the outputs in the order of the graph and cannot copy a sequence: one in
 * front ends it there, when all others have been computed into the memory given for them.
 */
const barrier = 'vitrine.barrier'

/** What the binding says of it. */
const refusal = /Non tensor type/

/** TensorProto.DataType.FLOAT */
const float = 1

/** The model with an output before all others that the binding cannot copy. */
export function withBarrier(model: Uint8Array): Uint8Array {
  const element = { value: { case: 'tensorType' as const, value: { elemType: float } } }
  const type = { value: { case: 'sequenceType' as const, value: { elemType: element } } }
  const addition = create(ModelProtoSchema, {
    graph: { node: [{ opType: 'SequenceEmpty', output: [barrier] }], output: [{ name: barrier, type }] },
  })
  // Protocol Buffers merge what is written one after the other: lists are joined.
  return joinBytes([toBinary(ModelProtoSchema, addition), model])
}

/** Runs a model with a barrier; each of its other outputs is computed into the tensor given for it. */
export async function runInto(session: Ort.InferenceSession, feeds: Ort.InferenceSession.FeedsType, outputs: Outputs) {
  try {
    await session.run(feeds, { ...outputs, [barrier]: null })
  } catch (error) {
    if (!refusal.test((error as Error).message)) throw error
  }
}

type Outputs = Record<string, Ort.Tensor>

export const isBarrier = (name: string) => name === barrier
