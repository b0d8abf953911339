import { activation } from './activation.js'
import { gelu } from './gelu.js'
import { l2Norm } from './l2-norm.js'
import { layerNorm } from './layer-norm.js'
import { linear } from './linear.js'
import type { Entry } from './match.js'
import { rmsNorm } from './rms-norm.js'
import { rotary } from './rotary.js'
import { scaledDotProduct } from './scaled-dot-product.js'
import { silu } from './silu.js'

/** Every operation that is recognised by itself; of two that end in the same node, the first one counts. */
export const patterns: readonly Entry[] = [
  layerNorm,
  rmsNorm,
  gelu,
  silu,
  scaledDotProduct,
  linear,
  activation,
  l2Norm,
  rotary,
]

export { withoutFactor } from './attention-scores.js'
export { linearEndingIn } from './linear.js'
export { type Entry, type Match, nodesBetween, type Pattern, weightsOf } from './match.js'
export { numberAt } from './numbers.js'
export { axisSize } from './sizes.js'
export { countOf, isKnownDomain, rankOf, shapeOf, sizeOf, Wiring } from './wiring.js'
