import { gradients } from '../autodiff/index.js'
import { bindDimensions } from '../onnx/bind.js'
import { formatShape } from '../onnx/dim.js'
import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { add, argMax, cast, div, equal, min, reduceSum, sqrt, sum, sumSquares } from '../onnx/ops/index.js'
import type { Tensor } from '../onnx/tensor.js'
import type { Loss } from './loss.js'
import type { Optimizer } from './optimizers.js'

export interface TrainStepOptions {
  loss: Loss
  optimizer: Optimizer
  /** Samples in each batch: fixed, so that the runtime can plan its memory. */
  batch: number
  /** Which initializers learn; all float32 ones by default. */
  trainable?: (name: string, shape: readonly number[]) => boolean
  /** The largest global norm of the gradients; they are scaled down to it (Pascanu et al., 2013). */
  clipNorm?: number
  /** Which parameters weight decay applies to. */
  decays?: (name: string, shape: readonly number[]) => boolean
}

/** One value that a training step takes in and gives back changed. */
export interface StateEntry {
  input: string
  output: string
  initial: Tensor
}

/** A training step as a plain ONNX graph, and what goes around in it from step to step. */
export interface TrainStep {
  graph: Graph
  /** The learned parameters, by the name of their initializer in the source graph. */
  parameters: ReadonlyMap<string, StateEntry>
  /** Parameters and the optimizer's slots, such as `blocks.0.norm1.weight.exp_avg`. */
  state: readonly StateEntry[]
}

/**
 * Compiles forward pass, loss, gradients, clipping and the optimizer's update into one graph.
 * Inputs: those of `source`, `labels` int64 [batch], `learning_rate` and `step` (float32 scalars, steps from 1 on), and
 * the state. Outputs: `loss`, `correct` (right answers in the batch), `grad_norm` (before clipping), and the new state.
 * @throws where the graph's first output is not logits [batch, classes], or an operator has no gradient rule
 */
export function compileTrainStep(source: Graph, options: TrainStepOptions): TrainStep {
  const { loss, optimizer, batch, trainable = () => true, decays = decaysByDefault, clipNorm } = options
  const learns = ({ name, dtype, shape }: Value) =>
    dtype === 'float32' && shape.length > 0 && trainable(name, shape as number[])
  const graph = bindDimensions(source, { batch }, { promote: learns })
  const logits = graph.outputs[0]
  if (logits?.rank !== 2)
    throw new Error(`training needs logits [batch, classes], and the output is ${logits && formatShape(logits.shape)}`)
  graph.outputs.length = 0
  const labels = graph.input('labels', 'int64', [batch])
  const learningRate = graph.input('learning_rate', 'float32', [])
  const step = graph.input('step', 'float32', [])
  const parameters = graph.inputs.filter((input) => source.initializers.has(input.name))

  const lossValue = graph.scope('loss', () => loss(logits, labels))
  const found = gradients(lossValue, parameters)
  const learned = parameters.flatMap((parameter, i) => (found[i] ? [{ parameter, gradient: found[i] }] : []))
  const norm = graph.scope('clip', () => sqrt(sum(learned.map(({ gradient }) => sumSquares(gradient)))))
  const gradientScale =
    clipNorm === undefined ? undefined : graph.scope('clip', () => min(div(clipNorm, add(norm, 1e-6)), 1))

  const state: StateEntry[] = []
  const entries = new Map<string, StateEntry>()
  const keep = (input: Value, output: Value, data: Tensor['data']) => {
    const shape = input.shape as readonly number[]
    const entry: StateEntry = {
      input: input.name,
      output: `${input.name}.new`,
      initial: { dtype: 'float32', shape, data },
    }
    graph.output(entry.output, output)
    state.push(entry)
    return entry
  }
  graph.scope('optimizer', () => {
    const update = optimizer.begin({ learningRate, step, ...(gradientScale && { gradientScale }) })
    for (const { parameter, gradient } of learned) {
      const { name, shape } = parameter
      const slots = Object.fromEntries(
        optimizer.slots.map((slot) => [slot, graph.input(`${name}.${slot}`, 'float32', shape)]),
      )
      const next = update({ parameter, slots }, gradient, decays(name, shape as number[]))
      const { data } = source.initializers.get(name)!
      entries.set(name, keep(parameter, next.parameter, data!))
      for (const slot of optimizer.slots) keep(slots[slot]!, next.slots[slot]!, new Float32Array(data!.length))
    }
  })
  const correct = graph.scope('correct', () => reduceSum(cast(equal(argMax(logits, 1), labels), 'float32'), [0], false))
  graph.output('loss', lossValue)
  graph.output('correct', correct)
  graph.output('grad_norm', norm)
  return { graph, parameters: entries, state }
}

/** Weight decay spares vectors (norms and biases), the tokens before the patches and the position embedding, as timm does. */
export function decaysByDefault(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !/(^|\.)(cls_token|pos_embed|dist_token|reg_token)$/.test(name)
}
