import type { Node, Value } from '../../onnx/index.js'
import type { Wiring } from './wiring.js'

/** A polynomial in x and a gate: `terms[i][j]` is the coefficient of xⁱ·gateʲ. */
type Polynomial = readonly (readonly number[])[]

const highestPower = 4
const deepest = 12

/**
 * What Add, Sub, Mul, Div, Neg and Pow make of `x` and a second value, multiplied out, so that the order in which an
 * exporter wrote a formula down does not matter. Undefined where anything else takes part.
 */
export function polynomialIn(wiring: Wiring, value: Value, x: Value, gate?: Value): Polynomial | undefined {
  const known = new Map<Value, Polynomial | undefined>([[x, [[0], [1]]]])
  if (gate) known.set(gate, [[0, 1]])
  return multipliedOut(wiring, value, known, 0)
}

function multipliedOut(
  wiring: Wiring,
  value: Value,
  known: Map<Value, Polynomial | undefined>,
  depth: number,
): Polynomial | undefined {
  const at = wiring.origin(value)
  if (known.has(at)) return known.get(at)
  const number = wiring.scalar(at)
  const { producer } = at
  const isOpen = producer?.domain === '' && depth <= deepest && wiring.isData(at)
  const operand = (index: number) => {
    const input = producer?.inputs[index]
    return input && multipliedOut(wiring, input, known, depth + 1)
  }
  const polynomial = number !== undefined ? [[number]] : isOpen ? combined(wiring, producer, operand) : undefined
  known.set(at, polynomial)
  return polynomial
}

function combined(wiring: Wiring, node: Node, operand: (index: number) => Polynomial | undefined) {
  switch (node.op) {
    case 'Add':
    case 'Sum':
      return node.inputs.length === 2 ? sum(operand(0), operand(1)) : undefined
    case 'Sub':
      return sum(operand(0), scaled(operand(1), -1))
    case 'Neg':
      return scaled(operand(0), -1)
    case 'Mul':
      return product(operand(0), operand(1))
    case 'Div': {
      const divisor = wiring.scalar(node.inputs[1])
      return divisor ? scaled(operand(0), 1 / divisor) : undefined
    }
    case 'Pow':
      return power(operand(0), wiring.scalar(node.inputs[1]))
    default:
      return undefined
  }
}

/** Whether a polynomial has these coefficients, each within 1e-3 of its size, and no others. */
export function hasTerms(polynomial: Polynomial | undefined, expected: Polynomial): boolean {
  if (!polynomial) return false
  const rows = Math.max(polynomial.length, expected.length)
  for (let i = 0; i < rows; i++) {
    const columns = Math.max(polynomial[i]?.length ?? 0, expected[i]?.length ?? 0)
    for (let j = 0; j < columns; j++) {
      const wanted = expected[i]?.[j] ?? 0
      const tolerance = wanted === 0 ? 1e-6 : 1e-3 * Math.abs(wanted)
      if (!(Math.abs((polynomial[i]?.[j] ?? 0) - wanted) <= tolerance)) return false
    }
  }
  return true
}

function sum(a: Polynomial | undefined, b: Polynomial | undefined): Polynomial | undefined {
  if (!a || !b) return undefined
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) =>
    Array.from(
      { length: Math.max(a[i]?.length ?? 0, b[i]?.length ?? 0) },
      (_, j) => (a[i]?.[j] ?? 0) + (b[i]?.[j] ?? 0),
    ),
  )
}

const scaled = (a: Polynomial | undefined, factor: number) => product(a, [[factor]])

function product(a: Polynomial | undefined, b: Polynomial | undefined): Polynomial | undefined {
  if (!a || !b || a.length + b.length > highestPower + 2) return undefined
  const columns = widthOf(a) + widthOf(b) - 1
  const result = Array.from({ length: a.length + b.length - 1 }, () => new Array<number>(columns).fill(0))
  for (const [i, row] of a.entries())
    for (const [k, other] of b.entries())
      for (const [j, x] of row.entries()) for (const [l, y] of other.entries()) result[i + k]![j + l]! += x * y
  return result
}

const widthOf = (a: Polynomial) => Math.max(...a.map((row) => row.length))

function power(a: Polynomial | undefined, exponent: number | undefined): Polynomial | undefined {
  if (exponent === 2) return product(a, a)
  return exponent === 3 ? product(a, product(a, a)) : undefined
}
