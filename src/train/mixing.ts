import { drawMix, type MixOptions } from '../data/index.js'
import type { Crop } from '../image/index.js'
import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { add, gather, mul, sub } from '../onnx/ops/index.js'
import { type Tensor, tensor } from '../onnx/tensor.js'
import type { Random } from '../random.js'
import { targetShares } from './losses/loss.js'

/**
 * What mixup (Zhang et al., 2017) and CutMix (Yun et al., 2019) need besides a batch: each sample is mixed with the one
 * that the permutation puts in its place.
 */
export interface MixInputs {
  /** float32 [1, 1, height, width]: the share of the sample itself in each pixel. */
  mask: Value
  /** int64 [batch]. */
  permutation: Value
  /** float32 scalar: the share of the sample itself in its target. */
  lambda: Value
}

/** Declares the inputs `mix_mask`, `mix_permutation` and `mix_lambda` for pixels [batch, channels, height, width]. */
export function mixInputs(graph: Graph, pixels: Value): MixInputs {
  if (pixels.rank !== 4) throw new Error(`mixing needs pixels [batch, channels, height, width] as ${pixels.name}`)
  const [batch, , height, width] = pixels.shape
  return {
    mask: graph.input('mix_mask', 'float32', [1, 1, height!, width!]),
    permutation: graph.input('mix_permutation', 'int64', [batch!]),
    lambda: graph.input('mix_lambda', 'float32', []),
  }
}

/** x·mask + x[permutation]·(1 - mask); a teacher has to see the same pixels. */
export function mixPixels(pixels: Value, { mask, permutation }: Omit<MixInputs, 'lambda'>): Value {
  return add(mul(pixels, mask), mul(gather(pixels, permutation, 0), sub(1, mask)))
}

/** Labels, int64 [batch], to the shares of the classes in the mixed samples, float32 [batch, classes]. */
export function mixTargets(labels: Value, classes: number, { permutation, lambda }: Omit<MixInputs, 'mask'>): Value {
  const shares = targetShares(labels, classes)
  return add(mul(shares, lambda), mul(gather(shares, permutation, 0), sub(1, lambda)))
}

/**
 * Draws what the next batch is mixed with, for the inputs of the same names: as timm's `Mixup` for whole batches, each
 * sample is mixed with its mirror image in the batch. `pixels` is the shape [batch, channels, height, width].
 */
export function drawMixInputs(
  random: Random,
  options: MixOptions,
  pixels: readonly number[],
): Record<'mix_mask' | 'mix_permutation' | 'mix_lambda', Tensor> {
  const [batch, , height, width] = pixels as [number, number, number, number]
  const { lambda, box } = drawMix(random, options, height, width)
  return {
    mix_mask: { dtype: 'float32', shape: [1, 1, height, width], data: maskOf(lambda, box, height, width) },
    mix_permutation: tensor(
      'int64',
      Array.from({ length: batch }, (_, i) => batch - 1 - i),
    ),
    mix_lambda: tensor('float32', [lambda], []),
  }
}

/** λ everywhere, or for CutMix 0 in the box, where the other picture shows, and 1 around it. */
function maskOf(lambda: number, box: Crop | undefined, height: number, width: number): Float32Array {
  const mask = new Float32Array(height * width).fill(box ? 1 : lambda)
  if (!box) return mask
  const { top, left } = box
  for (let y = top; y < top + box.height; y++) mask.fill(0, y * width + left, y * width + left + box.width)
  return mask
}
