import type { ViTConfig } from '../nn/index.js'
import { layerOf } from './freeze.js'

/**
 * Layer-wise learning-rate decay (Clark et al., "ELECTRA", 2020; for images BEiT, Bao et al., 2021): what a parameter's
 * learning rate is multiplied with. The head has 1, and each layer below `decay` times the one above; the embedding is the
 * lowest layer, the last LayerNorm belongs to the topmost. Grouped as timm's `param_groups_layer_decay` groups a ViT.
 * @param decay above 0, at most 1; 0.75 is usual
 * @throws RangeError for another decay
 */
export function layerDecayScale({ depth }: Pick<ViTConfig, 'depth'>, decay: number): (name: string) => number {
  if (!(decay > 0 && decay <= 1)) throw new RangeError(`the layer decay must be above 0 and at most 1, not ${decay}`)
  return (name) => decay ** (depth + 1 - rankOf(name, depth))
}

/** 0 for the embedding, 1 to `depth` for the encoder's layers, one more for what comes after. */
function rankOf(name: string, depth: number): number {
  if (/^(cls_token|dist_token|reg_token|pos_embed|patch_embed|norm_pre)(\.|$)/.test(name)) return 0
  if (/^norm\./.test(name)) return depth
  const layer = layerOf(name)
  return Number.isNaN(layer) ? depth + 1 : layer + 1
}
