import type { Node, Value } from '../../onnx/index.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { centered, dividedByRoot, meanOf, peelAffine, rootOf, varianceOf } from './normalization.js'
import { rankOf, type Wiring } from './wiring.js'

/**
 * LayerNorm (Ba et al., 2016), (x − mean(x)) / √(var(x) + ε) · weight + bias: one node since opset 17, nine before, in
 * any order of the commutative ones.
 */
export const layerNorm: Entry = {
  ops: ['LayerNormalization', 'SkipLayerNormalization', 'Add', 'Mul', 'Div'],
  pattern: (last, wiring) => single(last, wiring) ?? decomposed(last, wiring) ?? multipliedOut(last, wiring),
}

function single(node: Node, wiring: Wiring): Match | undefined {
  if (node.op === 'SkipLayerNormalization') {
    const [x, skip, weight, bias, skipBias] = node.inputs
    if (!x || !skip || !(wiring.isData(x) || wiring.isData(skip))) return undefined
    return {
      kind: 'layerNorm',
      inputs: [x, skip],
      weights: weightsOf(wiring, { weight, bias, skipBias }),
      details: { epsilon: node.float('epsilon', 1e-12), axes: 1, form: node.op },
    }
  }
  if (node.op !== 'LayerNormalization') return undefined
  const [x, weight, bias] = node.inputs
  if (!wiring.isData(x)) return undefined
  const axis = node.int('axis', -1)
  const rank = rankOf(x)
  return {
    kind: 'layerNorm',
    inputs: [x],
    weights: weightsOf(wiring, { weight, bias }),
    details: {
      epsilon: node.float('epsilon', 1e-5),
      axes: axis < 0 ? -axis : rank === undefined ? 1 : rank - axis,
      form: node.op,
    },
  }
}

function decomposed(last: Node, wiring: Wiring): Match | undefined {
  const { node, weight, bias } = peelAffine(wiring, last)
  const root = node && dividedByRoot(wiring, node)
  const variance = root && varianceOf(wiring, root.under)
  // What is divided must be the same x − mean(x), though exporters may compute it twice.
  const difference = variance && centered(wiring, root.dividend)
  if (!difference || difference.x !== variance.x || difference.axes !== variance.axes) return undefined
  return matchOf(wiring, variance, root.epsilon, { weight, bias })
}

/** x·s + (bias − mean(x)·s) where s = weight / √(var(x) + ε), as Keras has it. */
function multipliedOut(last: Node, wiring: Wiring): Match | undefined {
  if (last.op !== 'Add') return undefined
  const shift = shiftOf(wiring, last.input(1)) ?? shiftOf(wiring, last.input(0))
  const scaled = shift && last.inputs.find((input) => input !== shift.value)
  const product = wiring.producer(scaled, 'Mul')
  const x = shift && product && wiring.pair(product, (value) => wiring.origin(value) === shift.scale)?.[1]
  if (!x || wiring.origin(shift.mean.of) !== wiring.origin(x)) return undefined
  const { inverse, weight } = inverseAndWeight(wiring, shift.scale)
  const root = rootOf(wiring, inverse, false)
  const variance = root && varianceOf(wiring, root.under)
  if (!variance || variance.x !== wiring.origin(x) || variance.axes !== shift.mean.axes) return undefined
  return matchOf(wiring, variance, root.epsilon, { weight, bias: shift.bias })
}

/** The parts of −mean·s + bias, or of bias − mean·s. */
function shiftOf(wiring: Wiring, value: Value) {
  const node = wiring.producer(value, 'Add', 'Sub')
  const operands = node?.op === 'Add' ? wiring.withConstant(node) : undefined
  const bias = operands ? operands.constant : node?.op === 'Sub' ? node.input(0) : undefined
  const product = wiring.producer(operands ? operands.data : node?.inputs[1], 'Mul')
  if (!product || !wiring.isConstant(bias)) return undefined
  const signed = (factor: Value) => (operands ? wiring.producer(factor, 'Neg')?.inputs[0] : factor)
  const pair = wiring.pair(product, (factor) => meanOf(wiring, signed(factor)) !== undefined)
  return pair && { value, bias, mean: meanOf(wiring, signed(pair[0]))!, scale: wiring.origin(pair[1]) }
}

function inverseAndWeight(wiring: Wiring, scale: Value): { inverse: Value; weight?: Value } {
  const product = wiring.producer(scale, 'Mul')
  const operands = product && wiring.withConstant(product)
  return operands ? { inverse: operands.data, weight: operands.constant } : { inverse: scale }
}

const matchOf = (
  wiring: Wiring,
  { x, axes }: { x: Value; axes: number },
  epsilon: number,
  weights: { weight?: Value | undefined; bias?: Value | undefined },
): Match => ({
  kind: 'layerNorm',
  inputs: [x],
  weights: weightsOf(wiring, weights),
  details: { epsilon, axes, form: 'decomposed' },
})
