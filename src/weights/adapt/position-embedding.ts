import type { Tensor } from '../../onnx/tensor.js'
import { toFloat32 } from '../float16.js'
import { alignedBicubic, alignedLinear, antialiasedBicubic, bicubic, resampleGrid } from './resample.js'

/** The patches of a picture: how many down and how many across. */
export type Grid = readonly [rows: number, columns: number]

/**
 * How each library resizes position embeddings: timm's `resample_abs_pos_embed`, `interpolate_pos_encoding` of Hugging
 * Face (`huggingfaceRegisters` where it is DINOv2's with register tokens), OpenCLIP's `resize_pos_embed`, torchvision's
 * `interpolate_embeddings`, Google's vit_jax and big_vision, and PaddleViT's `interpolate_position_embedding`.
 */
export const positionResamplings = {
  timm: antialiasedBicubic,
  huggingface: bicubic,
  huggingfaceRegisters: antialiasedBicubic,
  openclip: antialiasedBicubic,
  torchvision: alignedBicubic,
  google: alignedLinear,
  paddlevit: bicubic,
} as const

/**
 * A position embedding `[1, prefixTokens + rows · columns, features]` for another grid. The places of the prefix tokens
 * (class, distillation, registers) stay as they are.
 */
export function resizePositionEmbedding(
  embedding: Tensor,
  prefixTokens: number,
  from: Grid,
  to: Grid,
  method: keyof typeof positionResamplings,
): Tensor {
  const features = embedding.shape[2]!
  const { data } = toFloat32(embedding)
  const resample = positionResamplings[method]
  const patches = resampleGrid(
    data.subarray(prefixTokens * features),
    [1, features],
    resample(from[0], to[0]),
    resample(from[1], to[1]),
  )
  const resized = new Float32Array(prefixTokens * features + patches.length)
  resized.set(data.subarray(0, prefixTokens * features))
  resized.set(patches, prefixTokens * features)
  return { dtype: 'float32', shape: [1, prefixTokens + to[0] * to[1], features], data: resized }
}
