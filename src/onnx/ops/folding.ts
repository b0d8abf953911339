import { type Dim, divideDims, floorDivideDim, isPositive } from '../dim.js'
import type { Value } from '../node.js'
import type { DType } from '../tensor.js'
import { elementsOf } from './common.js'

/** Arithmetic on the elements of small values that describe shapes: numbers, and symbols such as `batch`. */

/** Computes one element; nothing where it cannot be told. */
export type Fold = (a: Dim, b: Dim, dtype: DType) => Dim | undefined

/** Applies `fold` element by element where both contents are known, and one of them tells of shapes. */
export function foldContents(a: Value, b: Value, fold: Fold): readonly Dim[] | undefined {
  if (!a.content && !b.content) return undefined
  const [x, y] = [elementsOf(a), elementsOf(b)]
  if (!x || !y || (x.length !== y.length && x.length !== 1 && y.length !== 1)) return undefined
  const length = x.length === 0 || y.length === 0 ? 0 : Math.max(x.length, y.length)
  const result = Array.from({ length }, (_, i) => {
    const element = fold(x[x.length === 1 ? 0 : i]!, y[y.length === 1 ? 0 : i]!, a.dtype)
    return typeof element === 'number' ? rounded(element, a.dtype) : element
  })
  return result.every((dim) => dim !== undefined) ? result : undefined
}

/** The number as the element type holds it. */
const rounded = (element: number, dtype: DType) => (dtype === 'float32' ? Math.fround(element) : element)

export const numeric =
  (compute: (a: number, b: number) => number): Fold =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? compute(a, b) : undefined

/** Computes with numbers or with symbols; those have integers beside them only. */
export const eitherWay =
  (compute: (a: number, b: number) => number, symbolic: (a: Dim, b: Dim) => Dim): Fold =>
  (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return compute(a, b)
    return [a, b].every((dim) => typeof dim === 'string' || Number.isSafeInteger(dim)) ? symbolic(a, b) : undefined
  }

export const divide: Fold = (a, b, dtype) => {
  const isInteger = dtype.includes('int')
  if (typeof a === 'number' && typeof b === 'number') return isInteger ? Math.trunc(a / b) : a / b
  const exact = divideDims(a, b)
  if (exact !== undefined || !isInteger) return exact
  // Rounding towards zero is rounding down for what cannot be negative.
  return typeof b === 'number' && b > 0 && isPositive(a) ? floorDivideDim(a, b) : undefined
}

// Sizes are positive, so a symbol never equals zero or a negative number such as the -1 of Reshape.
export const equals: Fold = (a, b) => {
  if (a === b) return 1
  if (typeof a === typeof b) return typeof a === 'number' ? 0 : undefined
  const [size, number] = typeof a === 'number' ? [b, a] : [a, Number(b)]
  return number <= 0 && isPositive(size) ? 0 : undefined
}

/** Sizes are at least 1, so the larger of a symbol and 1 is the symbol. */
export const larger: Fold = (a, b) => {
  if (a === b) return a
  if (typeof a === 'number' && typeof b === 'number') return Math.max(a, b)
  const [size, number] = typeof a === 'number' ? [b, a] : [a, b]
  return typeof number === 'number' && number <= 1 && isPositive(size) ? size : undefined
}

export const smaller: Fold = (a, b) => {
  if (a === b) return a
  if (typeof a === 'number' && typeof b === 'number') return Math.min(a, b)
  const [size, number] = typeof a === 'number' ? [b, a] : [a, b]
  return typeof number === 'number' && number <= 1 && isPositive(size) ? number : undefined
}
