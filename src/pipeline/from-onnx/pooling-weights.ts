import type { Part } from '../../inspect/index.js'
import type { Roles } from '../../inspect/understand/roles.js'
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
  into.put('attn_pool.latent', [1, 1, embedDim], into.numbers(pooling!.weights.query!).subarray(0, embedDim))
  into.linear('attn_pool.q', Math.abs(factor - 1) > 1e-6 ? scaled(q, factor) : q)
  into.linear('attn_pool.kv', stack([k, v]))
  into.linear('attn_pool.proj', linearWeights(partNamed(attention, 'proj')!, into.numbers))
  into.norm('attn_pool.norm', part('layerNorm'))
  mlpTensors('attn_pool.mlp', part('mlp'), into)
}
