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

export interface MixOptions {
  /** Of the Beta distribution that λ comes from with mixup; 0 is no mixup. */
  mixup?: number
  /** The same with CutMix. */
  cutmix?: number
  /** The share of batches that are mixed. */
  probability?: number
  /** How often CutMix is taken where both are on. */
  cutmixShare?: number
}

/**
 * Draws what the next batch is mixed with, for the inputs of the same names; the choices and their distributions are
 * those of timm's `Mixup` for whole batches. `pixels` is the shape [batch, channels, height, width].
 */
export function drawMix(
  random: Random,
  { mixup = 0, cutmix = 0, probability = 1, cutmixShare = 0.5 }: MixOptions,
  pixels: readonly number[],
): Record<'mix_mask' | 'mix_permutation' | 'mix_lambda', Tensor> {
  const [batch, height, width] = [pixels[0]!, pixels[2]!, pixels[3]!]
  const mixes = (mixup > 0 || cutmix > 0) && random.uniform() < probability
  const cuts = cutmix > 0 && (mixup === 0 || random.uniform() < cutmixShare)
  let lambda = mixes ? random.beta(cuts ? cutmix : mixup) : 1
  const mask = new Float32Array(height * width).fill(lambda)
  if (mixes && cuts) {
    const box = cutBox(lambda, [random.integer(height), random.integer(width)], [height, width])
    fillOutside(mask, box, width)
    lambda = mask.reduce((sum, share) => sum + share, 0) / mask.length
  }
  return {
    mix_mask: { dtype: 'float32', shape: [1, 1, height, width], data: mask },
    mix_permutation: tensor(
      'int64',
      Array.from({ length: batch }, (_, i) => batch - 1 - i),
    ),
    mix_lambda: tensor('float32', [lambda], []),
  }
}

/** Where a box starts and ends, downwards and to the right. */
type Box = readonly [top: number, bottom: number, left: number, right: number]

/** The box around a centre with the share 1 - λ of a picture, cut off at the picture's edges. */
export function cutBox(
  lambda: number,
  [y, x]: readonly [number, number],
  [height, width]: readonly [number, number],
): Box {
  const range = (centre: number, size: number) => {
    const length = Math.floor(size * Math.sqrt(1 - lambda))
    const start = centre - Math.floor(length / 2)
    return [Math.max(0, start), Math.min(size, centre + Math.floor((length + 1) / 2))] as const
  }
  return [...range(y, height), ...range(x, width)]
}

/** 0 in the box, where the other picture shows, and 1 around it. */
function fillOutside(mask: Float32Array, [top, bottom, left, right]: Box, width: number) {
  mask.fill(1)
  for (let y = top; y < bottom; y++) mask.fill(0, y * width + left, y * width + right)
}
