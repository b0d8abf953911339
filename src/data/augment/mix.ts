import type { Crop } from '../../image/index.js'
import type { Random } from '../../random.js'

/** How pictures of a batch are mixed, with timm's names: alphas of 0 leave a way of mixing out. */
export interface MixOptions {
  /** The parameter of the beta distribution of mixup's λ (Zhang et al., 2017). */
  mixup: number
  /** The same of cutmix (Yun et al., 2019). */
  cutmix: number
  /** The chance that a batch is mixed at all. */
  probability: number
  /** The chance of cutmix where both are wanted. */
  switchProbability: number
}

/**
 * A batch mixed with itself in reverse order: `lambda` is the share of a picture's own label. With a `box` that part of a
 * picture comes from the other one (cutmix), without one all of it is the weighted sum (mixup; λ = 1 mixes nothing).
 */
export interface Mix {
  lambda: number
  box?: Crop
}

/** Draws how a batch of `height`×`width` pictures is mixed, spread as timm's Mixup of whole batches. */
export function drawMix(random: Random, options: MixOptions, height: number, width: number): Mix {
  const { mixup, cutmix, probability, switchProbability } = options
  if ((mixup <= 0 && cutmix <= 0) || random.uniform() >= probability) return { lambda: 1 }
  const cuts = cutmix > 0 && (mixup <= 0 || random.uniform() < switchProbability)
  const lambda = beta(random, cuts ? cutmix : mixup)
  if (!cuts) return { lambda }
  const box = drawBox(random, lambda, height, width)
  // What lies outside the picture is cut off, so that λ is not quite what was drawn.
  return { lambda: 1 - (box.height * box.width) / (height * width), box }
}

/** A box of the picture's shape and 1 − λ of its area, its centre anywhere in the picture, cut off at the border. */
function drawBox(random: Random, lambda: number, height: number, width: number): Crop {
  const ratio = Math.sqrt(1 - lambda)
  const [top, bottom] = drawSpan(random, Math.trunc(height * ratio), height)
  const [left, right] = drawSpan(random, Math.trunc(width * ratio), width)
  return { top, left, height: bottom - top, width: right - left }
}

function drawSpan(random: Random, length: number, size: number): [from: number, to: number] {
  const centre = random.integer(size)
  return [Math.max(0, centre - Math.floor(length / 2)), Math.min(size, centre + Math.floor((length + 1) / 2))]
}

/** A draw from Beta(α, α), as the share of one of two gamma draws. */
function beta(random: Random, alpha: number): number {
  const [first, second] = [logGamma(random, alpha), logGamma(random, alpha)]
  return 1 / (1 + Math.exp(second - first))
}

/**
 * The logarithm of a draw from Gamma(shape, 1): Marsaglia and Tsang, "A Simple Method for Generating Gamma Variables",
 * 2000, with its trick for shapes below 1. Draws of small shapes are too small for a double, their logarithms are not.
 */
function logGamma(random: Random, shape: number): number {
  if (shape < 1) return logGamma(random, shape + 1) + Math.log(1 - random.uniform()) / shape
  const d = shape - 1 / 3
  for (;;) {
    const x = random.normal()
    const v = (1 + x / Math.sqrt(9 * d)) ** 3
    if (v > 0 && Math.log(1 - random.uniform()) < x ** 2 / 2 + d - d * v + d * Math.log(v)) return Math.log(d * v)
  }
}
