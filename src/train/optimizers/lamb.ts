import type { Value } from '../../onnx/node.js'
import { add, div, greater, mul, sqrt, sub, sumSquares, where } from '../../onnx/ops/index.js'
import { adamMoments, adamSlots } from './adam-moments.js'
import type { Optimizer } from './optimizer.js'

export interface LambOptions {
  betas?: readonly [number, number]
  eps?: number
  weightDecay?: number
}

/**
 * LAMB (You et al., "Large Batch Optimization for Deep Learning", 2019), in the form of timm's `Lamb`:
 * u = m̂/(√v̂ + ε) + λ·p, p ← p - lr·(‖p‖/‖u‖)·u. As there, parameters without weight decay take u as it is. timm's own
 * clipping of the global norm to 1 is the training step's `clipNorm`.
 */
export function lamb({ betas = [0.9, 0.999], eps = 1e-6, weightDecay = 0.01 }: LambOptions = {}): Optimizer {
  return {
    slots: adamSlots,
    begin(context) {
      const { learningRate } = context
      const moments = adamMoments(context, betas, eps)
      const plainRate = mul(learningRate, moments.correction)
      const decay = div(weightDecay, moments.correction)
      return ({ parameter, slots }, gradient, decays) => {
        const { direction, slots: next } = moments.direction(slots, gradient)
        if (!decays || weightDecay === 0) return { parameter: sub(parameter, mul(direction, plainRate)), slots: next }
        // u without the bias correction: as a factor it falls out of u/‖u‖, and needs no pass.
        const update = add(direction, mul(parameter, decay))
        const rate = trustedRate(parameter, update, learningRate, plainRate)
        return { parameter: sub(parameter, mul(update, rate)), slots: next }
      }
    },
  }
}

/** lr·‖p‖/‖u‖, or the plain rate where either norm is zero. */
function trustedRate(parameter: Value, update: Value, learningRate: Value, plainRate: Value): Value {
  const [weights, change] = [sqrt(sumSquares(parameter)), sqrt(sumSquares(update))]
  const trusted = mul(learningRate, div(weights, change))
  return where(greater(mul(weights, change), 0), trusted, plainRate)
}
