import { hiddenFeatures, type ViTConfig } from '../../nn/index.js'

/**
 * The `mlp_ratio` with which Hugging Face's DINOv2 has an MLP of a model's width, or undefined where there is none: it
 * must be whole, and a SwiGLU has two thirds of the features, rounded up to a multiple of 8.
 */
export function dinov2MlpRatio(config: ViTConfig): number | undefined {
  const { embedDim, mlp } = config
  const hidden = hiddenFeatures(config)
  if (mlp === 'mlp') return hidden % embedDim === 0 ? hidden / embedDim : undefined
  const gated = (ratio: number) => Math.ceil(Math.trunc((embedDim * ratio * 2) / 3) / 8) * 8
  for (let ratio = 1; gated(ratio) <= hidden / 2; ratio++) if (gated(ratio) === hidden / 2) return ratio
  return undefined
}
