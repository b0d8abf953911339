import { elementCount } from '../../dist/onnx/index.js'

/** The fixed input of tools/check-export.py and of the golden logits: x[i] = float32(sin(0.01 i)), i the flat index. */
export function sinePixels(shape) {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(0.01 * i))
  return { dtype: 'float32', shape, data }
}

/** The largest absolute difference of two lists of numbers. */
export function largestDifference(a, b) {
  if (a.length !== b.length) return Number.NaN
  return a.reduce((largest, value, i) => Math.max(largest, Math.abs(value - b[i])), 0)
}
