import { mul, sub } from '../../onnx/ops/index.js'
import { adamMoments, adamSlots } from './adam-moments.js'
import type { Optimizer } from './optimizer.js'

export interface AdamWOptions {
  betas?: readonly [number, number]
  eps?: number
  weightDecay?: number
}

/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017), in the form of PyTorch's `AdamW`:
 * p ← p·(1 - lr·λ) - lr·m̂/(√v̂ + ε).
 */
export function adamw({ betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0.05 }: AdamWOptions = {}): Optimizer {
  return {
    slots: adamSlots,
    begin(context) {
      const { learningRate } = context
      const moments = adamMoments(context, betas, eps)
      const rate = mul(learningRate, moments.correction)
      const keep = sub(1, mul(learningRate, weightDecay))
      return ({ parameter, slots }, gradient, decays) => {
        const { direction, slots: next } = moments.direction(slots, gradient)
        const decayed = decays && weightDecay !== 0 ? mul(parameter, keep) : parameter
        return { parameter: sub(decayed, mul(direction, rate)), slots: next }
      }
    },
  }
}
