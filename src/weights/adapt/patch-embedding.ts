import type { Tensor } from '../../onnx/tensor.js'
import { toFloat32 } from '../float16.js'
import { pseudoInverse } from './pseudo-inverse.js'
import { antialiasedBicubic, type Resampling, resampleGrid } from './resample.js'

/**
 * The patch embedding's kernel `[features, channels, height, width]` for square patches of another size: of all kernels,
 * the one that gives resized patches the embedding most like the one they had (FlexiViT, Beyer et al., 2022:
 * https://arxiv.org/abs/2212.08013), as timm's `resample_patch_embed` has it.
 */
export function resizePatchEmbedding(kernel: Tensor, patchSize: number): Tensor {
  const [features, channels, height, width] = kernel.shape as [number, number, number, number]
  const data = resampleGrid(
    toFloat32(kernel).data,
    [features * channels, 1],
    kernelResampling(height, patchSize),
    kernelResampling(width, patchSize),
  )
  return { dtype: 'float32', shape: [features, channels, patchSize, patchSize], data }
}

/**
 * A patch is resized by the Kronecker product of the matrices that resize its columns and rows. Its pseudo-inverse is the
 * Kronecker product of theirs, so that kernels too are resampled along one axis after the other.
 */
function kernelResampling(from: number, to: number): Resampling {
  const inverse = pseudoInverse(antialiasedBicubic(from, to))
  return Array.from({ length: to }, (_, i) => Float64Array.from(inverse, (row) => row[i]!))
}
