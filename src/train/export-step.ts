import { bindDimensions } from '../onnx/bind.js'
import type { Shape } from '../onnx/dim.js'
import { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { constantOfShape } from '../onnx/ops/index.js'
import type { DType } from '../onnx/tensor.js'
import { compileGradientStep, compileUpdateStep } from './split-step.js'
import { compileTrainStep, type StateEntry, type TrainStep, type TrainStepOptions } from './train-step.js'

/** One input or output of an exported graph. */
export interface Port {
  name: string
  dtype: DType
  /** `batch` stands for any number of samples. */
  shape: Shape
  /** What it is; none for state, which only goes around. */
  meaning?: string
  /** Of an output: the input, in this graph or the next, that takes it. */
  feeds?: string
}

/** What an exported training step consists of, as JSON. */
export interface TrainingManifest {
  format: 'vitrine-training-step'
  version: 1
  /** Samples in a batch of the training and of the gradient step. */
  batch: number
  graphs: Record<ExportedGraph, { file: string; does: string; inputs: Port[]; outputs: Port[] }>
}

const purposes = {
  'initial-state':
    'Run once, without inputs: gives the state to begin with, parameters and what the optimizer remembers of them.',
  'training-step': 'Takes state and a batch, gives the state after one step. Run again with what came out.',
  'gradient-step': 'Adds the gradients of a batch to NAME.grad, which starts at zero.',
  'update-step': 'Takes state and the gradients of one or more batches, gives the state after one step.',
  predict: 'Takes the parameters and prepared pictures, gives logits.',
} as const

export type ExportedGraph = keyof typeof purposes

const meanings: Record<string, string> = {
  labels: 'the number of the class of each sample',
  learning_rate: 'the learning rate of this step, from a schedule of your own',
  step: 'the number of this step, from 1 on; it does not start anew with epochs',
  seed: 'where random numbers come from: another whole number from 0 to 2147483647 for each step',
  gradient_scale: 'what the gradients are multiplied with first: 1 over the number of batches in them',
  teacher_logits: 'what the teacher says to the same pictures',
  mix_mask:
    'the share of each picture itself in its pixels: λ everywhere for mixup, 0 in the box and 1 around it for CutMix',
  mix_permutation: 'which picture each one is mixed with',
  mix_lambda: 'λ, the share of each picture itself in its target',
  loss: 'the mean loss of the batch',
  correct: 'how many samples of the batch were classified right',
  grad_norm: 'the Euclidean norm of all gradients, before clipping',
  logits: 'a number for each class, the largest of which wins',
}

export interface TrainingExport {
  /** To be written as the files that the manifest names. */
  graphs: Record<ExportedGraph, Graph>
  manifest: TrainingManifest
}

/**
 * A training step as plain ONNX graphs that need no more than a runtime to train: as a whole, and cut in two for
 * gradients of more batches or of more workers. `source` is the model's training graph, `inference` the same model
 * without dropout, whose parameters become inputs as well, so that it predicts with what was learned.
 * @throws as `compileTrainStep` does
 */
export function exportTrainingStep(source: Graph, inference: Graph, options: TrainStepOptions): TrainingExport {
  const whole = compileTrainStep(source, options)
  const half = compileGradientStep(source, options)
  const update = compileUpdateStep(half, options)
  const graphs = {
    'initial-state': initialState(whole),
    'training-step': whole.graph,
    'gradient-step': half.graph,
    'update-step': update.graph,
    predict: bindDimensions(inference, {}, { promote: ({ name }) => whole.parameters.has(name) }),
  }
  const state = [...whole.state, ...half.state]
  const describe = (name: ExportedGraph) => ({
    file: `${name}.onnx`,
    does: purposes[name],
    ...portsOf(graphs[name], state, source.inputs[0]!.name),
  })
  const names = Object.keys(purposes) as ExportedGraph[]
  const described = Object.fromEntries(names.map((name) => [name, describe(name)])) as TrainingManifest['graphs']
  const batch = options.batch * (options.accumulate ?? 1)
  return { graphs, manifest: { format: 'vitrine-training-step', version: 1, batch, graphs: described } }
}

/** A graph that gives the first state: the runtime reads its own format, so nobody needs a reader for another one. */
function initialState({ graph, state, parameters }: TrainStep): Graph {
  const first = new Graph({ opset: graph.opset, name: `${graph.name} initial state` })
  for (const { input, initial } of state) {
    const { shape } = initial
    // Averages start as copies of their parameters, all else at zero.
    const source = parameters.get(input) ?? parameters.get(input.replace(/\.ema$/, ''))
    const value = source
      ? first.initializer(`${source.input}.initial`, 'float32', shape, source.initial.data)
      : constantOfShape(first.constant('int64', shape), 'float32')
    first.output(input, value)
  }
  return first
}

function portsOf(graph: Graph, state: readonly StateEntry[], pixels: string) {
  const target = new Map(state.flatMap(({ input, output }) => [[output, input] as const, [input, input] as const]))
  const port = ({ name, dtype, shape }: Value): Port => {
    const meaning = name === pixels ? 'prepared pictures' : meanings[name]
    return { name, dtype, shape, ...(meaning && { meaning }) }
  }
  return {
    inputs: graph.inputs.map(port),
    outputs: graph.outputs.map((output) => {
      const feeds = target.get(output.name)
      return { ...port(output), ...(feeds && { feeds }) }
    }),
  }
}
