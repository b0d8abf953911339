import { addDims, type Dim, divideDims, multiplyDims, type Shape } from '../dim.js'
import type { Node, Value } from '../node.js'
import type { Schema } from '../schema.js'
import { broadcastShapes, likeFirst } from './common.js'
import { convolvedShape } from './convolution.js'
import { productShape } from './matrix.js'

/** Schemas of the domain com.microsoft: what ONNX Runtime's optimizers fuse into, after its ContribOperators.md. */

/** [batch, tokens, features] times one weight for queries, keys and values together. */
const attentionSchema: Schema = (node) => {
  const [x, weight] = [node.input(0), node.input(1)]
  const sizes = node.ints('qkv_hidden_sizes', [])
  const features = sizes[2] ?? divideDims(weight.shape[1]!, 3) ?? node.graph.unknownDim()
  return { dtype: node.op === 'QAttention' ? node.input(3).dtype : x.dtype, shape: [...x.shape.slice(0, 2), features] }
}

/** Queries [batch, tokens, dim], keys and values alike; or all in one, [batch, tokens, heads, 3, headDim]. */
const multiHeadAttentionSchema: Schema = (node) => {
  const query = node.input(0)
  const [batch, tokens] = query.shape
  const [key, value] = [node.inputs[1], node.inputs[2]]
  const heads = node.int('num_heads')
  const features = value ? valueFeatures(value) : packedFeatures(query, key)
  const present = (like: Value | undefined) => ({
    dtype: query.dtype,
    shape: like?.rank === 4 ? like.shape : [batch!, heads, node.graph.unknownDim(), divided(node, features, heads)],
  })
  return [{ dtype: query.dtype, shape: [batch!, tokens!, features] }, present(key), present(value)]
}

/** Values come as [batch, tokens, dim], or cut into heads already. */
const valueFeatures = ({ shape, rank }: Value): Dim => (rank === 3 ? shape[2]! : multiplyDims([shape[1]!, shape[3]!]))

const packedFeatures = (query: Value, key: Value | undefined): Dim =>
  query.rank === 5
    ? multiplyDims([query.shape[2]!, query.shape[4]!])
    : key?.rank === 5
      ? query.shape[2]!
      : query.shape.at(-1)!

const divided = (node: Node, a: Dim, b: Dim): Dim => divideDims(a, b) ?? node.graph.unknownDim()

/** Queries, keys and values with fewer heads for the latter two, and those of earlier tokens. */
const groupQueryAttentionSchema: Schema = (node) => {
  const query = node.input(0)
  const [batch, tokens, features] = query.shape as Dim[]
  const [heads, keyHeads] = [node.int('num_heads'), node.int('kv_num_heads')]
  const isPacked = !node.inputs[1]
  const dim = isPacked ? divided(node, features!, heads + 2 * keyHeads) : divided(node, features!, heads)
  const past = node.inputs[3]?.shape[2] ?? 0
  const present = { dtype: query.dtype, shape: [batch!, keyHeads, addDims(past, tokens!), dim] }
  return [
    { dtype: query.dtype, shape: [batch!, tokens!, isPacked ? multiplyDims([heads, dim]) : features!] },
    present,
    present,
  ]
}

/** The result, two statistics, and the sum that was normalised. */
const skipNormSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const result = { dtype, shape }
  const statistics = { dtype: 'float32' as const, shape: [...shape.slice(0, -1), 1] }
  return [result, statistics, statistics, result]
}

const normSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const statistics = { dtype: 'float32' as const, shape: [...shape.slice(0, -1), 1] }
  return [{ dtype, shape }, statistics, statistics]
}

const embedLayerNormSchema: Schema = (node) => {
  const [ids, words] = [node.input(0), node.input(2)]
  const result = { dtype: words.dtype, shape: [...ids.shape, words.shape[1]!] }
  return [result, { dtype: 'int32', shape: [ids.shape[0]!] }, result]
}

const swapped = (shape: Shape): Shape => [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!]

const fusedMatMulSchema: Schema = (node) => {
  const side = (index: number, attribute: string) => {
    const { shape, rank } = node.input(index)
    const isTransposed = node.int(attribute, 0) === 1 && rank > 1
    return { shape: isTransposed ? swapped(shape) : shape, rank } as Value
  }
  if (node.int('transBatchA', 0) || node.int('transBatchB', 0)) return undefined
  return { dtype: node.input(0).dtype, shape: productShape(node, side(0, 'transA'), side(1, 'transB')) }
}

const fusedGemmSchema: Schema = (node) => ({
  dtype: node.input(0).dtype,
  shape: [node.input(0).shape[node.int('transA', 0) ? 1 : 0]!, node.input(1).shape[node.int('transB', 0) ? 0 : 1]!],
})

/** Weights of a few bits, packed: `N` columns are told by an attribute. */
const packedMatMulSchema: Schema = (node) => ({
  dtype: node.input(0).dtype,
  shape: [...node.input(0).shape.slice(0, -1), node.int('N')],
})

/** A product of floats with weights of 8 bits, or of integers on both sides, to floats. */
const floatFromIntegersSchema: Schema = (node) => ({
  dtype: node.input(2).dtype,
  shape: productShape(node, node.input(0), node.input(1)),
})

const broadcastSchema: Schema = (node) => ({
  dtype: node.input(0).dtype,
  shape: broadcastShapes(node.graph, node.input(0).shape, node.input(1).shape),
})

/** Two quantised values, each with scale and zero point. */
const qLinearBinarySchema: Schema = (node) => ({
  dtype: node.input(0).dtype,
  shape: broadcastShapes(node.graph, node.input(0).shape, node.input(3).shape),
})

export const microsoftSchemas: Record<string, Schema> = {
  Attention: attentionSchema,
  QAttention: attentionSchema,
  MultiHeadAttention: multiHeadAttentionSchema,
  GroupQueryAttention: groupQueryAttentionSchema,
  SkipLayerNormalization: skipNormSchema,
  SkipSimplifiedLayerNormalization: skipNormSchema,
  LayerNormalization: normSchema,
  SimplifiedLayerNormalization: normSchema,
  EmbedLayerNormalization: embedLayerNormSchema,
  FusedMatMul: fusedMatMulSchema,
  FusedGemm: fusedGemmSchema,
  FusedConv: (node) => ({ dtype: node.input(0).dtype, shape: convolvedShape(node, node.input(0), node.input(1)) }),
  MatMulNBits: packedMatMulSchema,
  MatMulBnb4: packedMatMulSchema,
  DynamicQuantizeMatMul: floatFromIntegersSchema,
  MatMulIntegerToFloat: floatFromIntegersSchema,
  DequantizeLinear: (node) => ({ dtype: node.input(1).dtype, shape: node.input(0).shape }),
  QuantizeLinear: (node) => ({ dtype: node.inputs[2]?.dtype ?? 'uint8', shape: node.input(0).shape }),
  QLinearAdd: qLinearBinarySchema,
  QLinearMul: qLinearBinarySchema,
  BiasAdd: broadcastSchema,
  BiasGelu: broadcastSchema,
  ...Object.fromEntries(
    [
      'BiasSoftmax',
      'FastGelu',
      'Gelu',
      'GroupNorm',
      'QLinearSigmoid',
      'QLinearSoftmax',
      'QuickGelu',
      'RotaryEmbedding',
    ].map((op) => [op, likeFirst]),
  ),
}
