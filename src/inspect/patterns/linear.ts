import type { Node, Value } from '../../onnx/index.js'
import { integerProduct, quantizedNode } from './integer-product.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { countOf, rankOf, shapeOf, sizeOf, type Wiring } from './wiring.js'

/** A learned product with an optional bias: MatMul and Add, or Gemm; with integers where it was quantized. */
export const linear: Entry = {
  ops: [
    'MatMul',
    'FusedMatMul',
    'Gemm',
    'Add',
    'Mul',
    'DynamicQuantizeMatMul',
    'MatMulIntegerToFloat',
    'MatMulNBits',
    'QLinearMatMul',
  ],
  pattern: (last, wiring) => {
    const match = linearEndingIn(last, wiring)
    return match && wiring.isData(match.inputs[0]) ? match : undefined
  },
}

/** The same, also of a constant, such as the learned query of a pooling. */
export function linearEndingIn(last: Node, wiring: Wiring): Match | undefined {
  return last.op === 'Add' ? withBias(last, wiring) : product(last, wiring)
}

function withBias(add: Node, wiring: Wiring): Match | undefined {
  for (const bias of add.inputs) {
    const other = wiring.isConstant(bias) ? add.inputs.find((input) => input !== bias) : undefined
    const node = wiring.producer(other && withoutReshape(wiring, other, bias!), ...linear.ops)
    const match = node && node.op !== 'Add' ? product(node, wiring) : undefined
    if (match && !match.weights.bias && countOf(bias) === match.details.outFeatures)
      return { ...match, weights: { ...match.weights, ...weightsOf(wiring, { bias }) } }
  }
  return undefined
}

/**
 * The product before a Reshape that leaves to each number of the bias the features that are its own. TensorFlow brings a
 * product's rows back into their shape, or shares its features out among heads, before it adds the bias.
 */
function withoutReshape(wiring: Wiring, value: Value, bias: Value): Value {
  const reshape = wiring.producer(value, 'Reshape')
  const [rows, sizes] = [shapeOf(reshape?.inputs[0]), shapeOf(bias)]
  const features = sizes?.slice(sizes.findIndex((size) => size !== 1))
  const isKept =
    rows?.at(-1) === countOf(bias) && features?.every((size, i) => size === sizeOf(value, i - features.length))
  return isKept ? reshape!.input(0) : value
}

function product(node: Node, wiring: Wiring): Match | undefined {
  if (node.op === 'Mul') return integerProduct(node, wiring)
  if (node.op !== 'MatMul' && node.op !== 'Gemm' && node.op !== 'FusedMatMul') return quantizedNode(node, wiring)
  const [x, weight, bias] = node.inputs
  if (!x || !wiring.isConstant(weight) || rankOf(weight) !== 2) return undefined
  if (node.int('transA', 0) || node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1) return undefined
  const isTurned = node.int('transB', 0) === 1
  const source = wiring.constant(weight)!
  const isQuantized = weight.producer?.op === 'DequantizeLinear'
  return {
    kind: 'linear',
    inputs: [x],
    weights: weightsOf(wiring, { weight, bias }),
    details: {
      ...features(weight, isTurned),
      transposed: isTurned !== source.transposed,
      form: isQuantized ? `DequantizeLinear, ${node.op}` : node.op,
      ...(isQuantized ? { quantized: true } : {}),
    },
  }
}

function features(weight: Value, isTurned: boolean) {
  const [rows, columns] = [sizeOf(weight, 0)!, sizeOf(weight, 1)!]
  return isTurned ? { inFeatures: columns, outFeatures: rows } : { inFeatures: rows, outFeatures: columns }
}
