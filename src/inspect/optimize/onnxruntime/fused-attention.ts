import { float, int, Node, ops, type Replacement, type Value } from '../../../onnx/index.js'
import { vendorDomain } from './vendor-domain.js'

/**
 * softmax(QKᵀ·scale)·V of all heads by one operator of ONNX Runtime, which takes queries, keys and values as their
 * products give them, [batch, tokens, dim], and keeps the weights in the cache. Matches the node that joins the heads.
 */
export function fusedAttention(node: Node): Replacement | undefined {
  const [weights, value] = operands(node.op === 'Reshape' ? headsOf(node.input(0)) : undefined)
  const softmax = weights?.producer
  if (softmax?.op !== 'Softmax' || weights?.dtype !== 'float32' || softmax.int('axis', -1) % 4 !== 3) return undefined
  const [scaledQuery, keyTransposed] = operands(softmax.input(0))
  if (!scaledQuery || !keyTransposed) return undefined
  const { x: query, factor } = withoutFactor(scaledQuery)
  const [q, k, v] = [headsOf(query), headsOf(keyTransposed, '0,2,3,1'), headsOf(value!)]
  if (!q || !k || !v || q.shape[0] !== k.shape[0]) return undefined
  const heads = Number(q.shape[2])
  const { shape } = node.output
  return {
    inputs: [q, k, v].map(joined),
    emit(inputs) {
      const { graph } = inputs[0]!
      graph.domains.set(vendorDomain, 1)
      const rows = inputs.map((x) => (x.rank === 3 ? x : ops.reshape(x, [0, 0, Number(shape[2])])))
      const attributes = { num_heads: int(heads), scale: float(factor) }
      const fused = new Node(graph, 'MultiHeadAttention', node.name, rows, attributes, vendorDomain)
      return graph.append(fused, [node.output.name], [{ dtype: 'float32', shape }]) as Value[]
    },
  }
}

/** The factors of a matrix product. */
function operands(x: Value | undefined): [Value, Value] | [] {
  return x?.producer?.op === 'MatMul' ? [x.producer.input(0), x.producer.input(1)] : []
}

/** What a transposition of heads and tokens was made of. */
function headsOf(x: Value, perm = '0,2,1,3'): Value | undefined {
  const { producer } = x
  return producer?.op === 'Transpose' && producer.ints('perm', []).join() === perm ? producer.input(0) : undefined
}

/** x = factor · what is returned, where it is multiplied by a constant. */
function withoutFactor(x: Value): { x: Value; factor: number } {
  const [product, factor] = x.producer?.op === 'Mul' ? [x.producer.input(0), x.producer.input(1)] : []
  return factor?.data?.length === 1 ? { x: product!, factor: Number(factor.data[0]) } : { x, factor: 1 }
}

/** [batch, tokens, dim] of [batch, tokens, heads, headDim], where these are but a view of those. */
function joined(x: Value): Value {
  const split = x.producer?.op === 'Reshape' ? x.producer.input(0) : undefined
  return split?.rank === 3 ? split : x
}
