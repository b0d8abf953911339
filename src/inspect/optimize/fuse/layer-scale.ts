import { type Node, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
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
  const found = isOp(node, 'Mul') ? factorOf(node) : undefined
  const sum = found?.x.producer
  if (!found || !isOp(sum, 'Add') || uses.get(found.x) !== 1) return undefined
  const { factor } = found
  const [product, bias] = sum.input(1).isConstant ? sum.inputs : sum.inputs.toReversed()
  const [x, weight] = product?.producer?.inputs ?? []
  if (
    !isOp(product?.producer, 'MatMul') ||
    uses.get(product!) !== 1 ||
    !x ||
    !isMatrix(weight) ||
    !isFactor(bias, factor)
  )
    return undefined
  const factors = factor.data as Float32Array
  return {
    inputs: [x],
    emit([x], graph) {
      const name = node.output.name
      const scaledWeight = graph.initializer(
        `${name}.weight`,
        'float32',
        weight.shape as number[],
        timesColumns(weight, factors),
      )
      const scaledBias = graph.initializer(
        `${name}.bias`,
        'float32',
        bias!.shape as number[],
        timesColumns(bias!, factors),
      )
      return graph.emit('Add', graph.emit('MatMul', [x, scaledWeight]).concat(scaledBias))
    },
  }
}

/** The vector that a value is multiplied by. */
function factorOf(node: Node): { x: Value; factor: Value } | undefined {
  const [a, b] = [node.input(0), node.input(1)]
  const [x, factor] = b.isConstant ? [a, b] : [b, a]
  if (!factor.numbers || factor.rank !== 1 || factor.dtype !== 'float32') return undefined
  return x.isTyped && x.shape.at(-1) === factor.shape[0] ? { x, factor } : undefined
}

const isMatrix = (weight: Value | undefined): weight is Value =>
  weight?.numbers !== undefined && weight.rank === 2 && weight.dtype === 'float32'

const isFactor = (bias: Value | undefined, factor: Value) =>
  bias?.numbers !== undefined && bias.shape.join() === factor.shape.join()

/** Each column times its factor. */
function timesColumns(weight: Value, factors: Float32Array): Float32Array {
  const numbers = (weight.data as Float32Array).slice()
  for (let i = 0; i < numbers.length; i++) numbers[i]! *= factors[i % factors.length]!
  return numbers
}
