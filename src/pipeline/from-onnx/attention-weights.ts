import type { Part } from '../../inspect/index.js'
import type { Collected } from './collected.js'
import { type LinearWeights, linearWeights, rows, scaled, stack } from './linear-weights.js'

/**
 * One product for queries, keys and values, and one for what comes of them. nn/ scales scores by 1/√headDim: another
 * scale, or none because an exporter put it into the weights, is made up for in the queries or their norm.
 */
export function attentionTensors(name: string, attention: Part, into: Collected): void {
  const { qkvBias, qkNorm, embedDim, numHeads } = into.config
  const factor = Number(attention.details.scale) * Math.sqrt(embedDim / numHeads)
  const isScaled = Number.isFinite(factor) && Math.abs(factor - 1) > 1e-6
  const { q, k, v } = projections(attention, into)
  const query = isScaled && !qkNorm ? scaled(q, factor) : q
  into.linear(`${name}.qkv`, stack([query, k, v]), qkvBias)
  if (qkNorm) headNorms(name, attention, isScaled ? factor : 1, into)
  into.linear(`${name}.proj`, linearWeights(partNamed(attention, 'proj')!, into.numbers))
}

/** The products that give queries, keys and values, each by itself, whatever share a product in the file. */
export function projections(attention: Part, into: Collected): Record<'q' | 'k' | 'v', LinearWeights> {
  const found: Partial<Record<string, LinearWeights>> = {}
  for (const part of attention.parts) {
    const letters = part.kind === 'linear' ? part.name.slice(part.name.lastIndexOf('.') + 1) : ''
    if (!/^q?k?v?$/.test(letters) || letters === '') continue
    const linear = linearWeights(part, into.numbers)
    const each = linear.outFeatures / letters.length
    for (const [i, letter] of [...letters].entries()) found[letter] = rows(linear, i * each, each)
  }
  const { q, k, v } = found
  if (!q || !k || !v) throw new Error(`the products for queries, keys and values of ${attention.name} were not found`)
  return { q, k, v }
}

function headNorms(name: string, attention: Part, factor: number, into: Collected) {
  const headDim = into.config.embedDim / into.config.numHeads
  into.norm(`${name}.q_norm`, partNamed(attention, 'q_norm'), headDim)
  into.norm(`${name}.k_norm`, partNamed(attention, 'k_norm'), headDim)
  if (factor === 1) return
  for (const role of ['weight', 'bias']) {
    const { shape, data } = into.state.get(`${name}.q_norm.${role}`)!
    into.put(
      `${name}.q_norm.${role}`,
      shape,
      (data as Float32Array).map((value) => value * factor),
    )
  }
}

/** The part of an attention with this last name. */
export const partNamed = ({ parts }: Part, name: string): Part | undefined =>
  parts.find((part) => part.name.endsWith(`.${name}`))
