import type { TensorShapeProto, ValueInfoProto } from 'onnx-buf'
import type { Dim } from './dim.js'
import type { DeclaredType } from './node.js'
import { dtypeOfNumber } from './tensor.js'

/** The default domain has two names. */
export const domainOf = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)

/** The type that a file declares for a value: as in the file where it is no tensor of a known element type and rank. */
export function declaredType({ name, type }: ValueInfoProto): DeclaredType | undefined {
  if (type?.value.case !== 'tensorType' || !type.value.value.shape) return type
  const { elemType, shape } = type.value.value
  const dtype = dtypeOfNumber(elemType)
  return dtype ? { dtype, shape: shapeOf(shape!, name) } : type
}

function shapeOf(shape: TensorShapeProto, name: string): Dim[] {
  return shape.dim.map(({ value }, i): Dim => {
    // Some exporters write -1 for a size that they do not know. No tensor has one that a number does not hold.
    if (value.case === 'dimValue' && value.value >= 0n && value.value <= Number.MAX_SAFE_INTEGER)
      return Number(value.value)
    return value.case === 'dimParam' && value.value ? value.value : `${name}_${i}`
  })
}
