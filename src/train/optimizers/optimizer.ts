import type { Value } from '../../onnx/node.js'

/** What updates may use besides the parameter and its gradient: scalars that change from step to step. */
export interface UpdateContext {
  learningRate: Value
  /** The number of the step, float32, from 1 on. */
  step: Value
  /** What the gradient has to be multiplied with, so that the global norm stays within its limit; none without clipping. */
  gradientScale?: Value
}

/** The parameter and the optimizer's memory of it, by the names of `Optimizer.slots`. */
export interface ParameterState {
  parameter: Value
  slots: Record<string, Value>
}

/**
 * Emits the update of one parameter. Every operator is a pass over memory as large as the parameter, so updates put what
 * they can into scalars and into the small factors.
 */
export type Update = (state: ParameterState, gradient: Value, decays: boolean) => ParameterState

export interface Optimizer {
  /** What is kept for a parameter of the given shape besides itself: the shape of each, starting at zero. */
  slots(shape: readonly number[]): Record<string, readonly number[]>
  /** Emits the shared scalars once and returns the update of one parameter. */
  begin(context: UpdateContext): Update
}
