import type { Node, Value } from '../../onnx/index.js'
import { type Match, weightsOf } from './match.js'
import { sizeOf, type Wiring } from './wiring.js'

/** A product of integers brought back to floats: MatMulInteger, Cast, and Mul by the scales of both sides. */
export function integerProduct(mul: Node, wiring: Wiring): Match | undefined {
  for (const [i, operand] of mul.inputs.entries()) {
    const cast = operand?.producer?.op === 'Cast' ? operand.producer : undefined
    const node = wiring.producer(cast?.inputs[0], 'MatMulInteger')
    if (!node) continue
    const [x, weight, zeroPoint] = node.inputs
    const scale = mul.inputs[1 - i]
    if (!wiring.isData(x) || !wiring.isConstant(weight)) return undefined
    const scales = scale?.producer?.op === 'Mul' ? scale.producer.inputs : [scale]
    const inputs = [x, zeroPoint, ...scales].filter((value) => wiring.isData(value))
    return matchOf(wiring, node, inputs, { weight, scale: scales.find((value) => wiring.isConstant(value)) })
  }
  return undefined
}

/** Where x, the weight and the bias are among the inputs of the operators that do all of this in one node. */
const places: Readonly<Record<string, { weight: number; scale: number; bias: number }>> = {
  DynamicQuantizeMatMul: { weight: 1, scale: 2, bias: 4 },
  MatMulIntegerToFloat: { weight: 1, scale: 3, bias: 6 },
  MatMulNBits: { weight: 1, scale: 2, bias: 5 },
  QLinearMatMul: { weight: 3, scale: 4, bias: -1 },
}

/** A product of integers in one node. */
export function quantizedNode(node: Node, wiring: Wiring): Match | undefined {
  const place = places[node.op]
  const [x] = node.inputs
  if (!place || !x || !wiring.isConstant(node.inputs[place.weight])) return undefined
  const weights = {
    weight: node.inputs[place.weight],
    scale: node.inputs[place.scale],
    bias: node.inputs[place.bias],
  }
  return matchOf(wiring, node, [x, ...node.inputs.slice(1).filter((value) => wiring.isData(value))], weights)
}

function matchOf(
  wiring: Wiring,
  node: Node,
  inputs: readonly Value[],
  weights: Record<string, Value | undefined>,
): Match | undefined {
  const inFeatures = node.attributes.K ? node.int('K') : sizeOf(weights.weight, 0)
  const outFeatures = node.attributes.N ? node.int('N') : sizeOf(weights.weight, 1)
  if (inFeatures === undefined || outFeatures === undefined) return undefined
  return {
    kind: 'linear',
    inputs,
    weights: weightsOf(wiring, weights),
    details: {
      inFeatures,
      outFeatures,
      transposed: wiring.constant(weights.weight)?.transposed ?? false,
      form: node.op,
      quantized: true,
    },
  }
}
