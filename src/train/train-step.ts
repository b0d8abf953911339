import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { type GradientOptions, gradientGraph } from './gradient-graph.js'
import { emitUpdates, type StateEntry, type UpdateOptions } from './update-graph.js'

export type { GradientOptions } from './gradient-graph.js'
export { type AverageOptions, decaysByDefault, type StateEntry, type UpdateOptions } from './update-graph.js'

export interface TrainStepOptions extends GradientOptions, UpdateOptions {}

/** A training step as a plain ONNX graph, and what goes around in it from step to step. */
export interface TrainStep {
  graph: Graph
  /** The learned parameters, by the name of their initializer in the source graph. */
  parameters: ReadonlyMap<string, StateEntry>
  /** Parameters, the optimizer's slots, such as `blocks.0.norm1.weight.exp_avg`, and averages. */
  state: readonly StateEntry[]
  /** The values of the graph that are the parameters' gradients. */
  gradients: ReadonlySet<Value>
}

/**
 * Compiles forward pass, loss, gradients, clipping and the optimizer's update into one graph.
 * Inputs: those of `source`, `labels` int64 [batch], `learning_rate` and `step` (float32 scalars, steps from 1 on), the
 * state, and what mixing and a teacher need. Outputs: `loss`, `correct` (right answers in the batch), `grad_norm`
 * (before clipping), and the new state.
 * @throws where the graph's first output is not logits [batch, classes], or an operator has no gradient rule
 */
export function compileTrainStep(source: Graph, options: TrainStepOptions): TrainStep {
  const { graph, learned, loss, correct } = gradientGraph(source, { ...options, trainable: learns(options) })
  const state = emitUpdates(learned, options)
  graph.output('loss', loss)
  graph.output('correct', correct)
  const gradients = new Set(learned.map(({ gradient }) => gradient))
  return { graph, parameters: parametersOf(state, learned), state, gradients }
}

/** Whether a parameter learns: where it may, and its learning rate is not zero. */
export function learns({
  trainable = () => true,
  learningRateScale = () => 1,
}: Pick<TrainStepOptions, 'trainable' | 'learningRateScale'>) {
  return (name: string, shape: readonly number[]): boolean => trainable(name, shape) && learningRateScale(name) !== 0
}

function parametersOf(
  state: readonly StateEntry[],
  learned: ReturnType<typeof gradientGraph>['learned'],
): ReadonlyMap<string, StateEntry> {
  const names = new Set(learned.map(({ parameter }) => parameter.name))
  return new Map(state.filter(({ input }) => names.has(input)).map((entry) => [entry.input, entry]))
}
