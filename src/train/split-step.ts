import { Graph } from '../onnx/graph.js'
import { add } from '../onnx/ops/index.js'
import { type GradientOptions, gradientGraph, type Learned } from './gradient-graph.js'
import { learns, type TrainStep } from './train-step.js'
import { emitUpdates, type StateEntry, type UpdateOptions } from './update-graph.js'

/** The first half of a training step: what a batch adds to the gradients. */
export interface GradientStep {
  graph: Graph
  /** The parameters that learn, inputs by their own name; this half only reads them. */
  parameters: readonly Pick<StateEntry, 'input' | 'initial'>[]
  /** The gradients, `NAME.grad`, from zero on. */
  state: readonly StateEntry[]
}

/**
 * Compiles forward pass, loss and gradients, for accumulation over any number of batches and for many workers.
 * Inputs: those of `compileTrainStep` but `learning_rate`, `step` and the optimizer's state, and the gradients so far,
 * `NAME.grad`. Outputs: `loss`, `correct`, and `NAME.grad.new` with those of the batch added.
 * @throws as `compileTrainStep` does
 */
export function compileGradientStep(
  source: Graph,
  options: GradientOptions & Pick<UpdateOptions, 'learningRateScale'>,
): GradientStep {
  const { graph, learned, loss, correct } = gradientGraph(source, { ...options, trainable: learns(options) })
  const state = learned.map(({ parameter, gradient, data }): StateEntry => {
    const shape = parameter.shape as readonly number[]
    const before = graph.input(`${parameter.name}.grad`, 'float32', shape)
    const output = graph.output(`${before.name}.new`, add(before, gradient)).name
    const initial = { dtype: 'float32' as const, shape, data: new Float32Array(data.length) }
    // Nothing else reads the sum so far.
    return { input: before.name, output, initial, inPlace: true }
  })
  graph.output('loss', loss)
  graph.output('correct', correct)
  const parameters = learned.map(({ parameter: { name, shape }, data }) => ({
    input: name,
    initial: { dtype: 'float32' as const, shape: shape as readonly number[], data },
  }))
  return { graph, parameters, state }
}

/**
 * Compiles the second half: clipping and the optimizer's update from gradients that `compileGradientStep` gave.
 * Inputs: the state of a whole training step, `NAME.grad`, `learning_rate`, `step`, and `gradient_scale`, a float32 scalar
 * that the gradients are multiplied with first: one over the number of batches in them. Outputs: `grad_norm` and the
 * new state.
 */
export function compileUpdateStep(
  { graph: gradients, parameters }: GradientStep,
  options: UpdateOptions,
): Pick<TrainStep, 'graph' | 'state'> {
  const graph = new Graph({ opset: gradients.opset, name: gradients.name })
  const learned = parameters.map(({ input, initial: { shape, data } }): Learned => {
    const parameter = graph.input(input, 'float32', shape)
    return { parameter, gradient: graph.input(`${input}.grad`, 'float32', shape), data }
  })
  const scale = graph.input('gradient_scale', 'float32', [])
  return { graph, state: emitUpdates(learned, options, scale) }
}
