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
 * The d and the m of d / √(m + ε) in any of its forms: as a Div, as a product with the Reciprocal or with a power of −½.
 * A missing ε is 0.
 */
export function dividedByRoot(wiring: Wiring, node: Node) {
  const [a, b] = node.inputs
  if (!a || !b || !wiring.isData(a) || !wiring.isData(b)) return undefined
  if (node.op === 'Div') return withDividend(a, rootOf(wiring, b, true))
  return withDividend(a, rootOf(wiring, b, false)) ?? withDividend(b, rootOf(wiring, a, false))
}

const withDividend = (dividend: Value, root: ReturnType<typeof rootOf>) => root && { dividend, ...root }

/** The m of √(m + ε) where it divides, of its inverse where it multiplies. */
export function rootOf(wiring: Wiring, value: Value, divides: boolean) {
  const sum = underRoot(wiring, value, divides)
  return sum && withoutEpsilon(wiring, sum)
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

function withoutEpsilon(wiring: Wiring, value: Value) {
  const add = wiring.producer(value, 'Add')
  const operands = add && wiring.withConstant(add)
  const epsilon = operands ? wiring.scalar(operands.constant) : 0
  if (epsilon === undefined || epsilon < 0 || epsilon > 0.1) return undefined
  return { under: operands?.data ?? value, epsilon }
}

/** The x of mean(x) over the last axes, and over how many. */
export function meanOf(wiring: Wiring, value: Value | undefined): { of: Value; axes: number } | undefined {
  const node = wiring.producer(value, 'ReduceMean', 'GlobalAveragePool')
  const axes = node && (node.op === 'ReduceMean' ? normalizedAxes(node) : pooledAxes(node))
  return axes ? { of: node.input(0), axes } : undefined
}

/** All but the first two axes: TensorFlow's converter writes the mean of three axes' last one so. */
const pooledAxes = (pool: Node): number => (rankOf(pool.input(0)) ?? 2) - 2

/** The x of x − mean(x). */
export function centered(wiring: Wiring, value: Value): { x: Value; axes: number } | undefined {
  const sub = wiring.producer(value, 'Sub')
  const mean = sub && meanOf(wiring, sub.inputs[1])
  if (!mean) return undefined
  const x = wiring.origin(sub.input(0))
  return wiring.isData(x) && wiring.origin(mean.of) === x ? { x, axes: mean.axes } : undefined
}

/** The x of its variance: mean((x − mean(x))²), or, as Flax has it, mean(x²) − mean(x)², which rounding must not make negative. */
export function varianceOf(wiring: Wiring, value: Value): { x: Value; axes: number } | undefined {
  const limit = wiring.producer(value, 'Max')
  const operands = limit && wiring.withConstant(limit)
  if (operands) return wiring.scalar(operands.constant) === 0 ? varianceOf(wiring, operands.data) : undefined
  const mean = meanOf(wiring, value)
  const square = mean && squared(wiring, mean.of)
  const difference = square && centered(wiring, square)
  return difference ? (difference.axes === mean.axes ? difference : undefined) : byMoments(wiring, value)
}

function byMoments(wiring: Wiring, value: Value): { x: Value; axes: number } | undefined {
  const [second, first] = wiring.producer(value, 'Sub')?.inputs ?? []
  const meanSquare = meanOf(wiring, second)
  const square = meanSquare && squared(wiring, meanSquare.of)
  const squareOfMean = first && squared(wiring, first)
  const mean = squareOfMean && meanOf(wiring, squareOfMean)
  if (!square || !mean || mean.axes !== meanSquare.axes) return undefined
  const x = wiring.origin(square)
  return wiring.origin(mean.of) === x ? { x, axes: mean.axes } : undefined
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
function normalizedAxes(mean: Node): number | undefined {
  if (mean.int('keepdims', 1) !== 1) return undefined
  const axes = mean.attributes.axes ? mean.ints('axes') : mean.inputs[1]?.content
  const rank = rankOf(mean.input(0))
  if (!axes?.length) return undefined
  const fromEnd = axes.map((axis) => (typeof axis !== 'number' ? 0 : axis < 0 ? axis : axis - (rank ?? Number.NaN)))
  const expected = fromEnd.map((_, i) => i - fromEnd.length)
  return fromEnd.toSorted((a, b) => a - b).every((axis, i) => axis === expected[i]) ? axes.length : undefined
}
