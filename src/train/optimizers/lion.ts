import { add, div, mul, sign, sub } from '../../onnx/ops/index.js'
import type { Optimizer } from './optimizer.js'

export interface LionOptions {
  betas?: readonly [number, number]
  weightDecay?: number
}

/**
 * Lion (Chen et al., "Symbolic Discovery of Optimization Algorithms", 2023), in the form of timm's `Lion`:
 * p ← p·(1 - lr·λ) - lr·sign(β₁·m + (1 - β₁)·g), m ← β₂·m + (1 - β₂)·g. Its learning rate is a third to a tenth of AdamW's.
 */
export function lion({ betas: [beta1, beta2] = [0.9, 0.99], weightDecay = 0 }: LionOptions = {}): Optimizer {
  return {
    slots: (shape) => ({ exp_avg: shape }),
    begin({ learningRate, gradientScale }) {
      const keep = sub(1, mul(learningRate, weightDecay))
      // Any positive multiple has the same sign, so only the mean is scaled.
      const weight = beta1 / (1 - beta1)
      const meanWeight = gradientScale ? div(weight, gradientScale) : weight
      const scale = gradientScale ? mul(gradientScale, 1 - beta2) : 1 - beta2
      return ({ parameter, slots }, gradient, decays) => {
        const mean = slots.exp_avg!
        const change = mul(sign(add(mul(mean, meanWeight), gradient)), learningRate)
        const decayed = decays && weightDecay !== 0 ? mul(parameter, keep) : parameter
        return {
          parameter: sub(decayed, change),
          slots: { exp_avg: add(mul(mean, beta2), mul(gradient, scale)) },
        }
      }
    },
  }
}
