import { numberAt } from '../../patterns/index.js'
import type { Tensors } from '../../../runtime/session.js'
import type { Tensor } from '../../../onnx/index.js'

/** How far apart two results are. */
export interface Difference {
  /** The largest difference of two elements. */
  absolute: number
  /** The same, as a share of the largest element of that output. */
  relative: number
}

/** The largest differences over all outputs. They are infinite where shapes differ, or only one side is a number. */
export function differenceOf(expected: Tensors, actual: Tensors): Difference {
  const all = Object.entries(expected).map(([name, tensor]) => differenceOfTensors(tensor, actual[name]))
  return { absolute: Math.max(0, ...all.map((d) => d.absolute)), relative: Math.max(0, ...all.map((d) => d.relative)) }
}

function differenceOfTensors(expected: Tensor, actual: Tensor | undefined): Difference {
  if (actual?.dtype !== expected.dtype || actual.shape.join() !== expected.shape.join())
    return { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY }
  let absolute = 0
  let largest = 0
  for (let i = 0; i < expected.data.length; i++) {
    const x = numberAt(expected.dtype, expected.data, i)
    const y = numberAt(actual.dtype, actual.data, i)
    if (Object.is(x, y)) continue
    const difference = Math.abs(x - y)
    absolute = Math.max(absolute, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference)
  }
  for (let i = 0; i < expected.data.length; i++) {
    const size = Math.abs(numberAt(expected.dtype, expected.data, i))
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size
  }
  return { absolute, relative: absolute === 0 ? 0 : absolute / (largest || 1) }
}
