import {
  add,
  asNumber,
  constant,
  divide,
  floorDivide,
  format,
  multiply,
  type Polynomial,
  parse,
  substitute,
  symbolsOf,
} from './polynomial.js'

/**
 * A size along one axis: a number, or a symbol such as `batch` that is bound when the model runs.
 * What is computed from symbols is kept in one form, such as `197*batch` or `floor(height/16)*floor(width/16) + 1`, so that
 * equal sizes look equal and a Reshape can be undone.
 */
export type Dim = number | string

/** The sizes of a tensor, outermost first. */
export type Shape = readonly Dim[]

/** The n-th symbol of a graph for a size that is only known at run time. */
export const unknownDim = (n: number): string => `unknown_${n}`

/** Whether nothing is known of a size, not even what to call it. */
export const isUnknown = (dim: Dim): boolean => typeof dim === 'string' && /unknown_\d/.test(dim)

const toPolynomial = (dim: Dim): Polynomial => (typeof dim === 'number' ? constant(dim) : parse(dim))

const toDim = (polynomial: Polynomial): Dim => asNumber(polynomial) ?? format(polynomial)

/** The sum of two sizes. */
export const addDims = (a: Dim, b: Dim): Dim =>
  typeof a === 'number' && typeof b === 'number' ? a + b : toDim(add(toPolynomial(a), toPolynomial(b)))

/** The difference of two sizes. */
export const subtractDims = (a: Dim, b: Dim): Dim => addDims(a, multiplyDims([-1, b]))

/** The product of some sizes. */
export function multiplyDims(dims: Shape): Dim {
  const numbers = dims.reduce((product: number, dim) => (typeof dim === 'number' ? product * dim : product), 1)
  const symbols = dims.filter((dim) => typeof dim === 'string')
  if (symbols.length === 0 || numbers === 0) return numbers
  return toDim(symbols.map(parse).reduce(multiply, constant(numbers)))
}

/** The exact quotient of two sizes, or undefined where it cannot be told without the symbols' values. */
export function divideDims(dividend: Dim, divisor: Dim): Dim | undefined {
  const quotient = divide(toPolynomial(dividend), toPolynomial(divisor))
  return quotient && toDim(quotient)
}

/** The quotient of a size by a positive number, rounded down. */
export const floorDivideDim = (dividend: Dim, divisor: number): Dim =>
  toDim(floorDivide(toPolynomial(dividend), divisor))

/** Whether a size is more than zero whatever its symbols stand for. */
export const isPositive = (dim: Dim): boolean =>
  typeof dim === 'number' ? dim > 0 : parse(dim).every(({ coefficient }) => coefficient > 0)

/** The size with the symbols that `bindings` names replaced by numbers. */
export const bindDim = (dim: Dim, bindings: Readonly<Record<string, number>>): Dim =>
  typeof dim === 'number' ? dim : toDim(substitute(parse(dim), bindings))

/** The symbols that occur in some sizes, each once. */
export const symbolsIn = (dims: Shape): string[] => [...new Set(dims.flatMap((dim) => symbolsOf(toPolynomial(dim))))]

/** The shape as it is written in messages: `[batch, 197, 192]`. */
export function formatShape(shape: Shape): string {
  return `[${shape.join(', ')}]`
}

/** The shape as numbers. @throws where a size is still a symbol */
export function staticShape(shape: Shape): number[] {
  return shape.map((dim) => {
    if (typeof dim !== 'number')
      throw new Error(`a fixed shape is needed, but ${formatShape(shape)} has the symbol ${dim}`)
    return dim
  })
}

/** Whether every size is a number. */
export function isStatic(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === 'number')
}
