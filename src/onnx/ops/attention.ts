import { addDims, divideDims, multiplyDims } from '../dim.js'
import type { Node, Value } from '../node.js'
import type { Schema } from '../schema.js'
import { likeFirst } from './common.js'

/** Schemas of attention and recurrence as single operators of the default domain. */

/** [batch, heads, tokens, headDim] of an argument that may come as [batch, tokens, heads·headDim]. */
function headsOf(node: Node, value: Value, attribute: string) {
  const [batch, second, third, fourth] = value.shape
  if (value.rank === 4) return { batch: batch!, heads: second!, tokens: third!, headDim: fourth! }
  if (value.rank !== 3) throw new Error(`queries, keys and values have 3 or 4 axes, not ${value.rank}`)
  const heads = node.int(attribute)
  return { batch: batch!, heads, tokens: second!, headDim: divideDims(third!, heads) ?? node.graph.unknownDim() }
}

/** Since opset 23: queries, keys, values, mask, and keys and values of earlier tokens. */
const attentionSchema: Schema = (node) => {
  const { dtype, rank } = node.input(0)
  const query = headsOf(node, node.input(0), 'q_num_heads')
  const key = headsOf(node, node.input(1), 'kv_num_heads')
  const value = headsOf(node, node.input(2), 'kv_num_heads')
  const past = node.inputs[4]?.shape[2] ?? 0
  const tokens = addDims(past, key.tokens)
  const { batch, heads } = query
  return [
    {
      dtype,
      shape:
        rank === 3
          ? [batch, query.tokens, multiplyDims([heads, value.headDim])]
          : [batch, heads, query.tokens, value.headDim],
    },
    { dtype: node.input(1).dtype, shape: [batch, key.heads, tokens, key.headDim] },
    { dtype: node.input(2).dtype, shape: [batch, value.heads, tokens, value.headDim] },
    { dtype, shape: [batch, heads, query.tokens, tokens] },
  ]
}

/** All states, the last one, and for LSTM the last cell: x is [steps, batch, features], or batch first with layout 1. */
const recurrentSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const batchFirst = node.int('layout', 0) === 1
  const [steps, batch] = batchFirst ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!]
  const directions = node.string('direction', 'forward') === 'bidirectional' ? 2 : 1
  const hidden = node.attributes.hidden_size ? node.int('hidden_size') : node.input(2).shape[2]!
  const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden]
  const last = { dtype, shape: batchFirst ? [batch, directions, hidden] : [directions, batch, hidden] }
  return [{ dtype, shape: all }, last, last]
}

export const attentionSchemas: Record<string, Schema> = {
  Attention: attentionSchema,
  RotaryEmbedding: likeFirst,
  LSTM: recurrentSchema,
  GRU: recurrentSchema,
  RNN: recurrentSchema,
}
