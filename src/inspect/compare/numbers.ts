import type { DType, Tensor, TypedArray } from '../../onnx/index.js'
import { toFloat32 } from '../../weights/index.js'
import type { NumericDifference } from './comparison.js'

/** The elements of a tensor as plain numbers, whatever its type. */
export function plainNumbers(dtype: DType, data: TypedArray): Float32Array | Float64Array {
  if (data instanceof Float32Array || data instanceof Float64Array) return data
  if (dtype === 'float16' || dtype === 'bfloat16') return toFloat32({ dtype, shape: [data.length], data }).data
  return Float64Array.from(data as ArrayLike<number | bigint>, Number)
}

const endless: NumericDifference = { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY }

/** How far the elements of `b` are from those of `a`, in order. Two that are not a number are alike. */
export function differenceBetween(a: ArrayLike<number>, b: ArrayLike<number>): NumericDifference {
  if (a.length !== b.length) return endless
  let [absolute, largest] = [0, 0]
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!]
    const size = Math.max(Math.abs(x), Math.abs(y))
    if (size > largest && size < Number.POSITIVE_INFINITY) largest = size
    if (x === y) continue
    const difference = Math.abs(x - y)
    if (difference > absolute) absolute = difference
    else if (Number.isNaN(difference) && !(Number.isNaN(x) && Number.isNaN(y))) return endless
  }
  return { absolute, relative: absolute === 0 ? 0 : absolute / (largest || 1) }
}

/** The same for tensors, which may be of different types but not of different shapes. */
export function differenceOfTensors(a: Tensor, b: Tensor | undefined): NumericDifference {
  if (b?.shape.join() !== a.shape.join()) return endless
  return differenceBetween(plainNumbers(a.dtype, a.data), plainNumbers(b.dtype, b.data))
}
