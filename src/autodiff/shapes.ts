import { type Dim, formatShape, isStatic } from '../onnx/dim.js'
import type { Value } from '../onnx/node.js'
import { constantOfShape, matMul, reduceSum, reshape, shape } from '../onnx/ops/index.js'

/** The gradient of a broadcast: `dy` summed over the axes along which `x` was repeated. */
export function unbroadcast(dy: Value, x: Value): Value {
  const missing = dy.rank - x.rank
  const leading = Array.from({ length: missing }, (_, i) => i)
  const repeated = x.shape.flatMap((dim, i) => (isRepeated(dim, dy.shape[i + missing]!, dy, x) ? [i + missing] : []))
  const axes = [...leading, ...repeated]
  if (axes.length === 0) return dy
  if (axes.every((axis, i) => axis === i) && axes.length < dy.rank && isStatic(dy.shape) && dy.dtype === 'float32')
    return reshapeLike(sumRows(dy, sizeOf(dy, axes)), x)
  const summed = reduceSum(dy, axes, missing === 0)
  return missing > 0 && repeated.length > 0 ? reshapeLike(summed, x) : summed
}

/** The sum over the leading axes as a product with a row of ones, which reads memory in order: ReduceSum takes 2 to 5 times as long. */
function sumRows(dy: Value, count: number): Value {
  const ones = constantOfShape(dy.graph.constant('int64', [1, count]), dy.dtype, 1)
  return matMul(ones, reshape(dy, [count, -1]))
}

function isRepeated(from: Dim, to: Dim, dy: Value, x: Value): boolean {
  if (from === to) return false
  if (from === 1) return true
  // A symbol beside a number has to be that number: shape inference assumed the same.
  if (typeof from === 'string' && typeof to === 'number' && to !== 1) return false
  throw new Error(
    `whether ${formatShape(x.shape)} was repeated to ${formatShape(dy.shape)} depends on sizes that are not fixed: bind them`,
  )
}

/** `value` in the shape of `x`, which has as many elements. */
export function reshapeLike(value: Value, x: Value): Value {
  const symbols = x.shape.filter((dim) => typeof dim === 'string')
  if (symbols.length > 1) return reshape(value, shape(x))
  return reshape(
    value,
    x.shape.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  )
}

/** Zeros in the shape of `x`. */
export function zerosLike(x: Value): Value {
  return constantOfShape(isStatic(x.shape) ? x.graph.constant('int64', x.shape) : shape(x), x.dtype)
}

/** The product of the sizes of some axes, as a number. @throws where a symbol is among them */
export function sizeOf(x: Value, axes: readonly number[]): number {
  return axes.reduce((product, axis) => {
    const dim = x.shape[axis]
    if (typeof dim !== 'number')
      throw new Error(`axis ${axis} of ${formatShape(x.shape)} must have a fixed size: bind ${dim}`)
    return product * dim
  }, 1)
}
