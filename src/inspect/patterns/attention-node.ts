import type { Node } from '../../onnx/index.js'
import { type Match, weightsOf } from './match.js'
import { countOf, rankOf, sizeOf, type Wiring } from './wiring.js'

/** Scaled dot-product attention as one node: of ONNX since opset 23, or one of ONNX Runtime's own. */
export function attentionNode(node: Node, wiring: Wiring): Match | undefined {
  if (node.op === 'MultiHeadAttention') return multiHead(node, wiring)
  if (node.op !== 'Attention') return undefined
  return node.domain === '' ? standard(node, wiring) : withProjection(node, wiring)
}

/** `Attention` of opset 23: queries, keys and values as [batch, heads, tokens, headDim] or [batch, tokens, dim]. */
function standard(node: Node, wiring: Wiring): Match | undefined {
  const [query, key, value, mask] = node.inputs
  if (!query || !wiring.isData(key) || !wiring.isData(value)) return undefined
  const isFlat = rankOf(query) === 3
  const heads = isFlat ? node.int('q_num_heads', 0) : sizeOf(query, -3)
  const width = sizeOf(query, -1)
  const headDim = width !== undefined && isFlat && heads ? width / heads : width
  const scale = node.attributes.scale ? node.float('scale') : headDim === undefined ? undefined : headDim ** -0.5
  return {
    kind: 'scaledDotProduct',
    inputs: [query, key, value, ...(wiring.isData(mask) ? [mask] : [])],
    weights: weightsOf(wiring, { mask }),
    details: {
      ...known({ heads, headDim, scale }),
      ...(mask || node.int('is_causal', 0) ? { masked: true } : {}),
      form: 'Attention',
    },
  }
}

/** `com.microsoft.MultiHeadAttention`: [batch, tokens, dim] each, and the biases of the projections before. */
function multiHead(node: Node, wiring: Wiring): Match | undefined {
  const [query, key, value, bias, paddingMask, scoresMask] = node.inputs
  if (!wiring.isData(query) || !wiring.isData(key) || !wiring.isData(value)) return undefined
  const heads = node.int('num_heads')
  const count = countOf(bias)
  const dim = sizeOf(query, -1) ?? (count === undefined ? undefined : count / 3)
  const headDim = dim === undefined ? undefined : dim / heads
  const scale = node.float('scale', 0) || (headDim === undefined ? undefined : headDim ** -0.5)
  const masks = [paddingMask, scoresMask].filter((mask) => mask !== undefined)
  return {
    kind: 'scaledDotProduct',
    inputs: [query, key, value, ...masks.filter((mask) => wiring.isData(mask))],
    weights: weightsOf(wiring, { bias }),
    details: { ...known({ heads, headDim, scale }), ...(masks.length ? { masked: true } : {}), form: node.op },
  }
}

/** `com.microsoft.Attention`, which holds the projection to queries, keys and values as well. */
function withProjection(node: Node, wiring: Wiring): Match | undefined {
  const [x, weight, bias, paddingMask, , scoresMask] = node.inputs
  const rows = sizeOf(weight, 0)
  const columns = sizeOf(weight, 1)
  if (!wiring.isData(x) || rows === undefined || columns === undefined) return undefined
  const heads = node.int('num_heads')
  const headDim = columns / 3 / heads
  const masks = [paddingMask, scoresMask].filter((mask) => mask !== undefined)
  return {
    kind: 'scaledDotProduct',
    inputs: [x, ...masks.filter((mask) => wiring.isData(mask))],
    weights: weightsOf(wiring, { weight, bias }),
    details: {
      heads,
      headDim,
      scale: node.float('scale', 0) || headDim ** -0.5,
      inFeatures: rows,
      ...(masks.length ? { masked: true } : {}),
      form: `com.microsoft.${node.op}`,
    },
  }
}

/** The numbers that there are. */
function known(numbers: Record<string, number | undefined>): Record<string, number> {
  return Object.fromEntries(Object.entries(numbers).filter((entry): entry is [string, number] => !!entry[1]))
}
