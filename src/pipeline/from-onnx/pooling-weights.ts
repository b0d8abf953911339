import type { Part } from '../../inspect/index.js'
import type { Roles } from '../../inspect/understand/roles.js'
import { elementCount, type Value } from '../../onnx/index.js'
import { partNamed, projections } from './attention-weights.js'
import type { Collected } from './collected.js'
import { linearWeights, scaled, stack } from './linear-weights.js'
import { mlpTensors } from './mlp-weights.js'

/** The weights of attention pooling: a learned query, its products, and the MLP behind. */
export function poolingTensors({ pooling }: Roles, into: Collected): void {
  if (into.config.pooling !== 'map') return
  const part = (kind: Part['kind']) => pooling!.parts.find((child) => child.kind === kind)!
  const { embedDim, numHeads } = into.config
  const attention = part('attention')
  const { q, k, v } = projections(attention, into)
  const factor = Number(attention.details.scale) * Math.sqrt(embedDim / numHeads)
  into.put('attn_pool.latent', [1, 1, embedDim], into.numbers(latentOf(attention, embedDim)).subarray(0, embedDim))
  into.linear('attn_pool.q', Math.abs(factor - 1) > 1e-6 ? scaled(q, factor) : q)
  into.linear('attn_pool.kv', stack([k, v]))
  into.linear('attn_pool.proj', linearWeights(partNamed(attention, 'proj')!, into.numbers))
  into.norm('attn_pool.norm', part('layerNorm'))
  mlpTensors('attn_pool.mlp', part('mlp'), into)
}

/** The learned query: the constant of a token's size that the queries are made from, perhaps repeated for each picture. */
function latentOf(attention: Part, embedDim: number): Value {
  const seen = new Set([partNamed(attention, 'q')!.inputs[0]!])
  for (const value of seen) {
    if (value.isConstant && value.dtype.includes('float') && elementCount(value.shape as number[]) % embedDim === 0)
      return value
    for (const input of value.producer?.inputs ?? []) if (input) seen.add(input)
  }
  throw new Error(`the learned query of ${attention.name} was not found`)
}
