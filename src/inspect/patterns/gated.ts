import type { Node, Value } from '../../onnx/index.js'
import { hasTerms, polynomialIn } from './polynomial.js'
import type { Wiring } from './wiring.js'

/** A formula of the shape y = p(x, gate(q(x))): the gate's operator and the two polynomials. */
export interface Formula {
  gate: string
  /** q, from the constant term on. */
  argument: readonly number[]
  /** p: the coefficients of xⁱ·gateʲ. */
  terms: readonly (readonly number[])[]
}

/** The x of a formula that ends in this node, or undefined where it is another formula. */
export function gatedInput(wiring: Wiring, last: Node, formula: Formula): Value | undefined {
  const argument = formula.argument.map((coefficient) => [coefficient])
  for (const gate of gatesBefore(wiring, last, formula.gate)) {
    const x = candidates(wiring, gate.input(0)).find(
      (x) =>
        hasTerms(polynomialIn(wiring, gate.input(0), x), argument) &&
        hasTerms(polynomialIn(wiring, last.output, x, gate.output), formula.terms),
    )
    if (x) return x
  }
  return undefined
}

/** The operators between a gate and the end of a formula. */
const around: ReadonlySet<string> = new Set(['Mul', 'Add', 'Div', 'Sub'])

/** The gates that a formula may end with; x may come from one as well. */
function gatesBefore(wiring: Wiring, node: Node, op: string, depth = 0): Node[] {
  if (node.domain !== '') return []
  if (node.op === op) return [node]
  if (depth === 4 || !around.has(node.op)) return []
  const inputs = node.inputs.filter((input) => wiring.isData(input))
  return inputs.flatMap((input) => {
    const { producer } = wiring.origin(input)
    return producer ? gatesBefore(wiring, producer, op, depth + 1) : []
  })
}

/** What the argument of a gate may be a polynomial of: the values it is computed from, nearest first. */
function candidates(wiring: Wiring, argument: Value): Value[] {
  const found = new Set([wiring.origin(argument)])
  for (const value of found) {
    if (found.size > 12) break
    for (const input of value.producer?.inputs ?? []) if (wiring.isData(input)) found.add(wiring.origin(input))
  }
  return [...found]
}
