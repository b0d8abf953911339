import type { Value } from '../../onnx/node.js'
import { add, mul, sub } from '../../onnx/ops/index.js'
import type { Optimizer } from './optimizer.js'

export interface SgdOptions {
  momentum?: number
  /** Looks ahead along the momentum (Sutskever et al., 2013). */
  nesterov?: boolean
  weightDecay?: number
}

/**
 * Stochastic gradient descent with momentum and L2 weight decay, in the form of PyTorch's `SGD`:
 * g ← g + λ·p, v ← μ·v + g, p ← p - lr·v, or p - lr·(g + μ·v) with Nesterov's momentum.
 */
export function sgd({ momentum = 0.9, nesterov = false, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  return {
    slots: (shape): Record<string, readonly number[]> => (momentum === 0 ? {} : { momentum_buffer: shape }),
    begin({ learningRate, gradientScale }) {
      return ({ parameter, slots }, gradient, decays) => {
        let change = gradientScale ? mul(gradient, gradientScale) : gradient
        if (decays && weightDecay !== 0) change = add(change, mul(parameter, weightDecay))
        const kept: Record<string, Value> = {}
        if (momentum !== 0) {
          kept.momentum_buffer = add(mul(slots.momentum_buffer!, momentum), change)
          change = nesterov ? add(change, mul(kept.momentum_buffer, momentum)) : kept.momentum_buffer
        }
        return { parameter: sub(parameter, mul(change, learningRate)), slots: kept }
      }
    },
  }
}
