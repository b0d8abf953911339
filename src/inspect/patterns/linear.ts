import type { Node, Value } from '../../onnx/index.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { countOf, rankOf, sizeOf, type Wiring } from './wiring.js'

/** A learned product with an optional bias: MatMul and Add, or Gemm. */
export const linear: Entry = {
  ops: ['MatMul', 'Gemm', 'Add'],
  pattern: (last, wiring) => (last.op === 'Add' ? withBias(last, wiring) : product(last, wiring)),
}

function withBias(add: Node, wiring: Wiring): Match | undefined {
  const operands = wiring.withConstant(add)
  const node = operands && wiring.producer(operands.data, 'MatMul', 'Gemm')
  const match = node && product(node, wiring)
  if (!match || match.weights.bias || countOf(operands.constant) !== match.details.outFeatures) return undefined
  return { ...match, weights: { ...match.weights, ...weightsOf(wiring, { bias: operands.constant }) } }
}

function product(node: Node, wiring: Wiring): Match | undefined {
  const [x, weight, bias] = node.inputs
  if (node.domain !== '' || !wiring.isData(x) || !wiring.isConstant(weight) || rankOf(weight) !== 2) return undefined
  if (node.op === 'Gemm' && (node.int('transA', 0) || node.float('alpha', 1) !== 1 || node.float('beta', 1) !== 1))
    return undefined
  const turned = node.op === 'Gemm' && node.int('transB', 0) === 1
  const source = wiring.constant(weight)!
  return {
    kind: 'linear',
    inputs: [x],
    weights: weightsOf(wiring, { weight, bias }),
    details: {
      ...features(weight, turned),
      transposed: turned !== source.transposed,
      form: node.op,
    },
  }
}

function features(weight: Value, turned: boolean) {
  const [rows, columns] = [sizeOf(weight, 0)!, sizeOf(weight, 1)!]
  return turned ? { inFeatures: columns, outFeatures: rows } : { inFeatures: rows, outFeatures: columns }
}
