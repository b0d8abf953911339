import type { Node, Value } from '../../onnx/index.js'
import { isNear } from './numbers.js'
import { countOf, rankOf, type Wiring } from './wiring.js'

/** A node without the multiplication by a weight and the addition of a bias that may follow it. */
export function peelAffine(
  wiring: Wiring,
  last: Node,
): { node: Node | undefined; weight?: Value | undefined; bias?: Value | undefined } {
  let node: Node | undefined = last
  let bias: Value | undefined
  let weight: Value | undefined
  if (node.op === 'Add') {
    bias = vectorOperand(wiring, node)?.constant
    node = wiring.producer(vectorOperand(wiring, node)?.data, 'Mul', 'Div')
  }
  const factor = node?.op === 'Mul' ? vectorOperand(wiring, node) : undefined
  if (factor) {
    weight = factor.constant
    node = wiring.producer(factor.data, 'Mul', 'Div')
  }
  return { node, weight, bias }
}

/** A commutative node with a constant of more than one element. */
function vectorOperand(wiring: Wiring, node: Node) {
  const operands = wiring.withConstant(node)
  return operands && countOf(operands.constant) !== 1 ? operands : undefined
}

/**
 * d / √(mean(m) + ε) in any of its forms: as a Div, as a product with the Reciprocal or with a power of −½.
 * A missing ε is 0.
 */
export function rootMean(wiring: Wiring, node: Node) {
  const [a, b] = node.inputs
  if (!a || !b || !wiring.isData(a) || !wiring.isData(b)) return undefined
  const orders: [Value, Value][] =
    node.op === 'Div'
      ? [[a, b]]
      : [
          [a, b],
          [b, a],
        ]
  for (const [dividend, divisor] of orders) {
    const inside = underRoot(wiring, divisor, node.op === 'Div')
    const mean = inside && plusEpsilon(wiring, inside)
    if (mean) return { dividend, ...mean }
  }
  return undefined
}

/** The x of √x where it divides, and of 1/√x where it multiplies. */
function underRoot(wiring: Wiring, value: Value, divides: boolean): Value | undefined {
  const node = wiring.producer(value, 'Sqrt', 'Pow', 'Reciprocal', 'Div')
  if (node?.op === 'Sqrt') return divides ? node.input(0) : undefined
  if (node?.op === 'Pow') return isNear(wiring.scalar(node.inputs[1]), divides ? 0.5 : -0.5) ? node.input(0) : undefined
  if (divides || !node) return undefined
  if (node.op === 'Reciprocal') return underRoot(wiring, node.input(0), true)
  return wiring.scalar(node.inputs[0]) === 1 ? underRoot(wiring, node.input(1), true) : undefined
}

function plusEpsilon(wiring: Wiring, value: Value) {
  const add = wiring.producer(value, 'Add')
  const operands = add && wiring.withConstant(add)
  const epsilon = operands ? wiring.scalar(operands.constant) : 0
  const mean = wiring.producer(operands?.data ?? value, 'ReduceMean')
  const axes = mean && normalizedAxes(mean)
  if (!axes || epsilon === undefined || epsilon < 0 || epsilon > 0.1) return undefined
  return { meanOf: mean.input(0), axes, epsilon }
}

/** The d of d², written as a power or as a product. */
export function squared(wiring: Wiring, value: Value): Value | undefined {
  const node = wiring.producer(value, 'Pow', 'Mul')
  if (!node) return undefined
  const [a, b] = [node.input(0), node.input(1)]
  if (node.op === 'Pow') return wiring.scalar(b) === 2 ? a : undefined
  return wiring.origin(a) === wiring.origin(b) ? a : undefined
}

/** How many axes a mean is taken over, if these are the last ones and are kept. */
export function normalizedAxes(mean: Node): number | undefined {
  if (mean.int('keepdims', 1) !== 1) return undefined
  const axes = mean.attributes.axes ? mean.ints('axes') : mean.inputs[1]?.content
  const rank = rankOf(mean.input(0))
  if (!axes?.length) return undefined
  const fromEnd = axes.map((axis) => (typeof axis !== 'number' ? 0 : axis < 0 ? axis : axis - (rank ?? Number.NaN)))
  const expected = fromEnd.map((_, i) => i - fromEnd.length)
  return fromEnd.toSorted((a, b) => a - b).every((axis, i) => axis === expected[i]) ? axes.length : undefined
}
