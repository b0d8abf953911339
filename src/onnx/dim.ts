/**
 * A size along one axis: a number, or a symbol such as `batch` that is bound when the model runs.
 * Products of symbols are kept in the canonical form `197*batch`, so that a Reshape can be undone symbolically.
 */
export type Dim = number | string

/** The sizes of a tensor, outermost first. */
export type Shape = readonly Dim[]

/** The n-th symbol of a graph for a size that is only known at run time. */
export const unknownDim = (n: number): string => `unknown_${n}`

/** Whether nothing is known of a size, not even what to call it. */
export const isUnknown = (dim: Dim): boolean => typeof dim === 'string' && /unknown_\d/.test(dim)

interface Monomial {
  coefficient: number
  symbols: string[]
}

function parse(dim: Dim): Monomial {
  if (typeof dim === 'number') return { coefficient: dim, symbols: [] }
  const parts = dim.split('*')
  const symbols = parts.filter((part) => !/^\d+$/.test(part))
  const numbers = parts.filter((part) => /^\d+$/.test(part)).map(Number)
  return { coefficient: numbers.reduce((a, b) => a * b, 1), symbols }
}

function format({ coefficient, symbols }: Monomial): Dim {
  if (symbols.length === 0 || coefficient === 0) return coefficient
  const product = symbols.toSorted().join('*')
  return coefficient === 1 ? product : `${coefficient}*${product}`
}

/** The product of some sizes. */
export function multiplyDims(dims: Shape): Dim {
  const terms = dims.map(parse)
  return format({
    coefficient: terms.reduce((product, term) => product * term.coefficient, 1),
    symbols: terms.flatMap((term) => term.symbols),
  })
}

/** The exact quotient of two sizes, or undefined where it cannot be told without the symbols' values. */
export function divideDims(dividend: Dim, divisor: Dim): Dim | undefined {
  const a = parse(dividend)
  const b = parse(divisor)
  if (b.coefficient === 0 || a.coefficient % b.coefficient !== 0) return undefined
  const symbols = a.symbols.slice()
  for (const symbol of b.symbols) {
    const index = symbols.indexOf(symbol)
    if (index < 0) return undefined
    symbols.splice(index, 1)
  }
  return format({ coefficient: a.coefficient / b.coefficient, symbols })
}

/** The size with the symbols that `bindings` names replaced by numbers. */
export function bindDim(dim: Dim, bindings: Readonly<Record<string, number>>): Dim {
  const { coefficient, symbols } = parse(dim)
  return multiplyDims([coefficient, ...symbols.map((symbol) => bindings[symbol] ?? symbol)])
}

/** The symbols that occur in some sizes, each once. */
export const symbolsIn = (dims: Shape): string[] => [...new Set(dims.flatMap((dim) => parse(dim).symbols))]

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
