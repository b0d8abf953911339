import { type Node, ops, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
import { isOp, type Pass, useCounts } from '../pass.js'

/** The learned factor of every feature behind a product (LayerScale, Touvron et al., 2021) goes into the product's weights. */
export const foldLayerScale: Pass = {
  name: 'LayerScale into the weights before it',
  apply(graph) {
    const uses = useCounts(graph)
    return rewrite(graph, (node) => scaled(node, uses))
  },
}

function scaled(node: Node, uses: ReadonlyMap<Value, number>): Replacement | undefined {
  const [product, factor] = isOp(node, 'Mul') ? factorOf(node) : []
  const gemm = product?.producer
  if (!factor || !isOp(gemm, 'Gemm') || uses.get(product!) !== 1 || !isPlain(gemm)) return undefined
  const [x, weight, bias] = gemm.inputs
  const outputs = factor.shape[0]!
  const transB = gemm.int('transB', 0) === 1
  if (!isMatrix(weight) || weight.shape[transB ? 0 : 1] !== outputs || (bias && !isVector(bias, outputs)))
    return undefined
  const factors = factor.data as Float32Array
  return {
    inputs: [x!],
    emit([x], graph) {
      const times = (value: Value, role: string, perFactor: number) =>
        graph.initializer(
          `${node.output.name}.${role}`,
          'float32',
          value.shape as number[],
          (value.data as Float32Array).map(
            (number, i) => number * factors[Math.floor(i / perFactor) % factors.length]!,
          ),
        )
      const inFeatures = Number(weight.shape[transB ? 1 : 0])
      const scaledWeight = times(weight, 'weight', transB ? inFeatures : 1)
      return [ops.gemm(x!, scaledWeight, bias && times(bias, 'bias', 1), { transB })]
    },
  }
}

/** What is multiplied, and the vector that it is multiplied by. */
function factorOf(node: Node): [Value, Value] | [] {
  const [a, b] = [node.input(0), node.input(1)]
  const [x, factor] = b.isConstant ? [a, b] : [b, a]
  return x.isTyped && factor.numbers && isVector(factor, x.shape.at(-1)!) ? [x, factor] : []
}

/** Whether a Gemm is x·W + b and no more. */
const isPlain = (gemm: Node) =>
  gemm.int('transA', 0) === 0 && gemm.float('alpha', 1) === 1 && gemm.float('beta', 1) === 1

const isMatrix = (weight: Value | undefined): weight is Value =>
  weight?.numbers !== undefined && weight.rank === 2 && weight.dtype === 'float32'

const isVector = (value: Value, size: number | string) =>
  value.numbers !== undefined && value.dtype === 'float32' && value.rank === 1 && value.shape[0] === size
