import type { Value } from '../onnx/node.js'
import { add, div, mul, sqrt, sub } from '../onnx/ops/index.js'

/** What updates may use besides the parameter and its gradient: scalars that change from step to step. */
export interface UpdateContext {
  learningRate: Value
  /** The number of the step, float32, from 1 on. */
  step: Value
  /** What the gradient has to be multiplied with, so that the global norm stays within its limit; none without clipping. */
  gradientScale?: Value
}

/** The parameter and the optimizer's memory of it: each a value of the parameter's shape. */
export interface ParameterState {
  parameter: Value
  slots: Record<string, Value>
}

/** Emits the update of one parameter. */
export interface Optimizer {
  /** What is kept for every parameter besides itself, starting at zero. */
  readonly slots: readonly string[]
  /** Emits the shared scalars once and returns the update of one parameter. */
  begin(
    context: Omit<UpdateContext, 'decays'>,
  ): (state: ParameterState, gradient: Value, decays: boolean) => ParameterState
}

export interface AdamWOptions {
  betas?: readonly [number, number]
  eps?: number
  weightDecay?: number
}

/**
 * AdamW (Loshchilov and Hutter, "Decoupled Weight Decay Regularization", 2017), in PyTorch's form:
 * p ← p·(1 - lr·λ) - lr·m̂/(√v̂ + ε). The bias corrections are moved into scalars, which saves passes over the weights.
 */
export function adamw({
  betas: [beta1, beta2] = [0.9, 0.999],
  eps = 1e-8,
  weightDecay = 0.05,
}: AdamWOptions = {}): Optimizer {
  return {
    slots: ['exp_avg', 'exp_avg_sq'],
    begin({ learningRate, step, gradientScale }) {
      const { graph } = learningRate
      const power = (beta: number) => graph.emit('Pow', [graph.constant('float32', beta), step])[0]!
      const correction2 = sqrt(sub(1, power(beta2)))
      const rate = div(mul(learningRate, correction2), sub(1, power(beta1)))
      const epsilon = mul(correction2, eps)
      const keep = sub(1, mul(learningRate, weightDecay))
      const scale1 = gradientScale ? mul(gradientScale, 1 - beta1) : 1 - beta1
      const scale2 = gradientScale ? mul(mul(gradientScale, gradientScale), 1 - beta2) : 1 - beta2
      return ({ parameter, slots }, gradient, decays) => {
        const mean = add(mul(slots.exp_avg!, beta1), mul(gradient, scale1))
        const square = add(mul(slots.exp_avg_sq!, beta2), mul(mul(gradient, gradient), scale2))
        const change = mul(div(mean, add(sqrt(square), epsilon)), rate)
        const decayed = decays && weightDecay !== 0 ? mul(parameter, keep) : parameter
        return { parameter: sub(decayed, change), slots: { exp_avg: mean, exp_avg_sq: square } }
      }
    },
  }
}

export interface SgdOptions {
  momentum?: number
  weightDecay?: number
}

/** Stochastic gradient descent with momentum and L2 weight decay, in PyTorch's form: v ← μ·v + g + λ·p, p ← p - lr·v. */
export function sgd({ momentum = 0.9, weightDecay = 0 }: SgdOptions = {}): Optimizer {
  return {
    slots: momentum === 0 ? [] : ['momentum_buffer'],
    begin({ learningRate, gradientScale }) {
      return ({ parameter, slots }, gradient, decays) => {
        let change = gradientScale ? mul(gradient, gradientScale) : gradient
        if (decays && weightDecay !== 0) change = add(change, mul(parameter, weightDecay))
        if (momentum !== 0) change = add(mul(slots.momentum_buffer!, momentum), change)
        const kept: Record<string, Value> = momentum === 0 ? {} : { momentum_buffer: change }
        return { parameter: sub(parameter, mul(change, learningRate)), slots: kept }
      }
    },
  }
}
