import type { Value } from '../../onnx/node.js'
import { add, div, mul, sqrt, tanh } from '../../onnx/ops/index.js'
import type { ParameterState, UpdateContext } from './optimizer.js'

interface AdamMoments {
  /** Emits the new moments and the direction m / (√v + ε'), which has to be multiplied with `correction`. */
  direction(slots: ParameterState['slots'], gradient: Value): { direction: Value; slots: ParameterState['slots'] }
  /** The bias corrections √(1 - β₂ᵗ) / (1 - β₁ᵗ), a scalar: m̂/(√v̂ + ε) without passes over the weights. */
  correction: Value
}

export const adamSlots = (shape: readonly number[]) => ({ exp_avg: shape, exp_avg_sq: shape })

/** The two moments of Adam (Kingma and Ba, 2014), which other optimizers build on. */
export function adamMoments(
  { step, gradientScale }: UpdateContext,
  [beta1, beta2]: readonly [number, number],
  eps: number,
): AdamMoments {
  const correction2 = sqrt(oneMinusPower(beta2, step))
  const epsilon = mul(correction2, eps)
  const scale1 = gradientScale ? mul(gradientScale, 1 - beta1) : 1 - beta1
  const scale2 = gradientScale ? mul(mul(gradientScale, gradientScale), 1 - beta2) : 1 - beta2
  return {
    correction: div(correction2, oneMinusPower(beta1, step)),
    direction({ exp_avg, exp_avg_sq }, gradient) {
      const mean = add(mul(exp_avg!, beta1), mul(gradient, scale1))
      const square = add(mul(exp_avg_sq!, beta2), mul(mul(gradient, gradient), scale2))
      return { direction: div(mean, add(sqrt(square), epsilon)), slots: { exp_avg: mean, exp_avg_sq: square } }
    },
  }
}

/** 1 - βᵗ, as 2τ/(1 + τ) with τ = tanh(-t·ln β / 2): in float32 the difference itself loses half the digits for β = 0.999. */
function oneMinusPower(beta: number, step: Value): Value {
  const half = tanh(mul(step, -Math.log(beta) / 2))
  return div(mul(half, 2), add(half, 1))
}
