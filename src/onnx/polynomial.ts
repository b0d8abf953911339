/**
 * Sums of products of symbols with integer coefficients: what sizes of a graph are of the sizes of its inputs. A factor is
 * a symbol, or `floor(…/16)` of such a sum.
 */
export type Polynomial = readonly Term[]

interface Term {
  coefficient: number
  /** Sorted; a square has its factor twice. */
  factors: readonly string[]
}

/** Where a sum would get longer than anybody reads, as damaged files want it, its text becomes a symbol of its own. */
const mostTerms = 32
const mostFactors = 16

export const constant = (coefficient: number): Polynomial => (coefficient === 0 ? [] : [{ coefficient, factors: [] }])

/** The number that it is, where it has no symbols. */
export function asNumber(polynomial: Polynomial): number | undefined {
  if (polynomial.length === 0) return 0
  const [first] = polynomial
  return polynomial.length === 1 && first!.factors.length === 0 ? first!.coefficient : undefined
}

const keyOf = (factors: readonly string[]) => factors.join('*')

/** Like terms together, those of more factors first. */
function collect(terms: readonly Term[]): Polynomial {
  const sums = new Map<string, Term>()
  for (const { coefficient, factors } of terms) {
    const key = keyOf(factors)
    sums.set(key, { coefficient: (sums.get(key)?.coefficient ?? 0) + coefficient, factors })
  }
  const found = [...sums.values()].filter(({ coefficient }) => coefficient !== 0)
  return found.sort((a, b) => b.factors.length - a.factors.length || (keyOf(a.factors) < keyOf(b.factors) ? -1 : 1))
}

export const add = (a: Polynomial, b: Polynomial): Polynomial => shortened(collect([...a, ...b]))

export const scale = (polynomial: Polynomial, by: number): Polynomial =>
  collect(polynomial.map(({ coefficient, factors }) => ({ coefficient: coefficient * by, factors })))

export const multiply = (a: Polynomial, b: Polynomial): Polynomial =>
  shortened(
    collect(
      a.flatMap((x) =>
        b.map((y) => ({
          coefficient: x.coefficient * y.coefficient,
          factors: [...x.factors, ...y.factors].sort(),
        })),
      ),
    ),
  )

/** The exact quotient, or undefined where it does not come out even. Long division by the leading terms. */
export function divide(dividend: Polynomial, divisor: Polynomial): Polynomial | undefined {
  const [by] = divisor
  if (!by) return undefined
  let quotient: Polynomial = []
  let rest = dividend
  for (let round = 0; rest.length > 0; round++) {
    const term = divideTerm(rest[0]!, by)
    if (!term || round > mostTerms) return undefined
    quotient = add(quotient, [term])
    rest = add(rest, scale(multiply([term], divisor), -1))
  }
  return quotient
}

function divideTerm(a: Term, b: Term): Term | undefined {
  if (a.coefficient % b.coefficient !== 0) return undefined
  const factors = a.factors.slice()
  for (const factor of b.factors) {
    const index = factors.indexOf(factor)
    if (index < 0) return undefined
    factors.splice(index, 1)
  }
  return { coefficient: a.coefficient / b.coefficient, factors }
}

/** The quotient rounded down. What comes out even goes before the floor, so that equal sizes look equal. */
export function floorDivide(dividend: Polynomial, divisor: number): Polynomial {
  const parts = dividend.map(({ coefficient, factors }) => ({
    factors,
    whole: Math.floor(coefficient / divisor),
    coefficient,
  }))
  const whole = collect(parts.map(({ factors, whole: coefficient }) => ({ coefficient, factors })))
  const rest = add(dividend, scale(whole, -divisor))
  const number = asNumber(rest)
  if (number !== undefined) return add(whole, constant(Math.floor(number / divisor)))
  // floor((floor(x/a) + c)/b) is floor((x + a·c)/(a·b)).
  const inner = rest.length <= 2 && rest[0]!.coefficient === 1 ? floorOf(rest[0]!.factors) : undefined
  if (inner) {
    const shift = scale(rest.slice(1), inner.divisor)
    if (asNumber(shift) !== undefined)
      return add(whole, floorDivide(add(inner.dividend, shift), inner.divisor * divisor))
  }
  return add(whole, [{ coefficient: 1, factors: [`floor(${grouped(rest)}/${divisor})`] }])
}

const grouped = (polynomial: Polynomial) => (polynomial.length > 1 ? `(${format(polynomial)})` : format(polynomial))

function floorOf(factors: readonly string[]): { dividend: Polynomial; divisor: number } | undefined {
  const match = factors.length === 1 ? /^floor\((.*)\/(\d+)\)$/.exec(factors[0]!) : null
  if (!match) return undefined
  return { dividend: parse(match[1]!.replace(/^\((.*)\)$/, '$1')), divisor: Number(match[2]) }
}

/** The polynomial with the symbols that `bindings` names replaced by numbers. */
export function substitute(polynomial: Polynomial, bindings: Readonly<Record<string, number>>): Polynomial {
  let sum: Polynomial = []
  for (const { coefficient, factors } of polynomial)
    sum = add(sum, factors.map((factor) => boundFactor(factor, bindings)).reduce(multiply, constant(coefficient)))
  return sum
}

function boundFactor(factor: string, bindings: Readonly<Record<string, number>>): Polynomial {
  const bound = Object.hasOwn(bindings, factor) ? bindings[factor] : undefined
  if (bound !== undefined) return constant(bound)
  const floor = floorOf([factor])
  return floor
    ? floorDivide(substitute(floor.dividend, bindings), floor.divisor)
    : [{ coefficient: 1, factors: [factor] }]
}

/** Its symbols, those inside of floors included; some may be there twice. */
export const symbolsOf = (polynomial: Polynomial): string[] =>
  polynomial.flatMap(({ factors }) =>
    factors.flatMap((factor) => {
      const floor = floorOf([factor])
      return floor ? symbolsOf(floor.dividend) : [factor]
    }),
  )

/** As it is written in shapes: `floor(height/16)*floor(width/16) + 1`. */
export function format(polynomial: Polynomial): string {
  if (polynomial.length === 0) return '0'
  return polynomial
    .map(({ coefficient, factors }, i) => {
      const sign = coefficient < 0 ? (i === 0 ? '-' : ' - ') : i === 0 ? '' : ' + '
      const size = Math.abs(coefficient)
      return sign + [...(size === 1 && factors.length > 0 ? [] : [size]), ...factors].join('*')
    })
    .join('')
}

const parsed = new Map<string, Polynomial>()

/** What `format` wrote, or what another exporter wrote into its file: anything else there is one symbol. */
export function parse(text: string): Polynomial {
  const known = parsed.get(text)
  if (known) return known
  const terms = splitOutside(text, / ([+-]) /g)
  const result = shortened(collect(terms.map(({ part, before }) => parseTerm(part, before === '-' ? -1 : 1))))
  if (parsed.size > 10_000) parsed.clear()
  parsed.set(text, result)
  return result
}

function parseTerm(text: string, sign: number): Term {
  const isNegative = text.startsWith('-')
  const parts = splitOutside(isNegative ? text.slice(1) : text, /\*/g).map(({ part }) => part.trim())
  const factors = parts.filter((part) => !/^\d+$/.test(part))
  if (factors.includes('')) return { coefficient: sign, factors: [`(${text})`] }
  const numbers = parts.filter((part) => /^\d+$/.test(part)).map(Number)
  return { coefficient: numbers.reduce((a, b) => a * b, isNegative ? -sign : sign), factors: factors.sort() }
}

/** Cuts at separators outside of parentheses; `before` is the separator's mark in front of each part. */
function splitOutside(text: string, separator: RegExp): { part: string; before: string | undefined }[] {
  const parts: { part: string; before: string | undefined }[] = []
  let start = 0
  let before: string | undefined
  for (const match of text.matchAll(separator)) {
    const head = text.slice(0, match.index)
    if (head.split('(').length !== head.split(')').length) continue
    parts.push({ part: text.slice(start, match.index), before })
    start = match.index + match[0].length
    before = match[1]
  }
  return [...parts, { part: text.slice(start), before }]
}

function shortened(polynomial: Polynomial): Polynomial {
  const isShort = polynomial.length <= mostTerms && polynomial.every(({ factors }) => factors.length <= mostFactors)
  return isShort ? polynomial : [{ coefficient: 1, factors: [`large_${hash(format(polynomial)).toString(16)}`] }]
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193) >>> 0
  return value
}
