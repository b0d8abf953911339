import { encodeInMemory, Graph, ops, tensor } from '../onnx/index.js'
import type { Runtime } from '../runtime/session.js'
import type { Features } from './features.js'
import { crossEntropy } from './losses/index.js'
import { adamw } from './optimizers/index.js'
import { warmupCosine } from './schedule.js'
import { sessionState } from './session-state.js'
import { compileTrainStep } from './train-step.js'

export interface ClassifierOptions {
  /** Passes over all features; each is one step. */
  steps?: number
  /** The highest learning rate; it falls with half a cosine. */
  learningRate?: number
  /** AdamW's; it acts on features of deviation 1, of which there are often nearly as many as pictures. */
  weightDecay?: number
  labelSmoothing?: number
  onStep?: (done: number, total: number, loss: number) => void
}

/** A linear classifier: `weight` is [classes, width], `bias` [classes]. */
export interface LinearClassifier {
  weight: Float32Array
  bias: Float32Array
}

/**
 * Learns to tell classes apart by features alone: logistic regression by AdamW on all features at once, from zero, on
 * features brought to mean 0 and deviation 1, which the result undoes. Takes seconds for thousands of pictures.
 */
export async function fitClassifier(
  runtime: Runtime,
  features: Features,
  labels: readonly number[],
  classes: number,
  { steps = 200, learningRate = 0.01, weightDecay = 1, labelSmoothing = 0.1, onStep }: ClassifierOptions = {},
): Promise<LinearClassifier> {
  const { count, width } = features
  const moments = momentsOf(features)
  const source = new Graph()
  const x = source.initializer('features', 'float32', [count, width], standardize(features, moments))
  const weight = source.initializer('weight', 'float32', [classes, width], new Float32Array(classes * width))
  const bias = source.initializer('bias', 'float32', [classes], new Float32Array(classes))
  source.output('logits', ops.gemm(x, weight, bias, { transB: true }))
  const { graph, state } = compileTrainStep(source, {
    loss: crossEntropy({ labelSmoothing }),
    optimizer: adamw({ weightDecay }),
    batch: count,
    trainable: (name) => name !== 'features',
  })
  const { model, externalData } = encodeInMemory(graph)
  const session = await runtime.createSession(model, {
    externalData,
    state: sessionState(state),
  })
  try {
    const rate = warmupCosine({ learningRate, totalSteps: steps })
    for (let step = 0; step < steps; step++) {
      const { loss } = await session.run({
        labels: tensor('int64', labels),
        learning_rate: tensor('float32', [rate(step)], []),
        step: tensor('float32', [step + 1], []),
      })
      onStep?.(step + 1, steps, Number(loss!.data[0]))
    }
    const learned = await session.readState()
    return undoStandardize(
      { weight: learned.weight!.data as Float32Array, bias: learned.bias!.data as Float32Array },
      moments,
    )
  } finally {
    await session.close()
  }
}

/** The logits [classes] of every picture: x·Wᵀ + b, a row at a time. */
export function* logitsOf({ data, width }: Features, { weight, bias }: LinearClassifier): Generator<Float32Array> {
  for (let row = 0; row < data.length; row += width) {
    const logits = bias.slice()
    for (let k = 0; k < logits.length; k++)
      for (let i = 0; i < width; i++) logits[k]! += weight[k * width + i]! * data[row + i]!
    yield logits
  }
}

/** Mean and deviation of every feature. */
interface Moments {
  mean: Float64Array
  deviation: Float64Array
}

function momentsOf({ count, width, data }: Features): Moments {
  const mean = new Float64Array(width)
  const square = new Float64Array(width)
  for (const [i, value] of data.entries()) mean[i % width]! += value / count
  for (const [i, value] of data.entries()) square[i % width]! += (value - mean[i % width]!) ** 2 / count
  // A feature that never changes but for rounding says nothing, and must not be blown up.
  const deviation = square.map((value, i) => (Math.sqrt(value) > 1e-6 * Math.abs(mean[i]!) ? Math.sqrt(value) : 1))
  return { mean, deviation }
}

function standardize({ width, data }: Features, { mean, deviation }: Moments): Float32Array {
  return data.map((value, i) => (value - mean[i % width]!) / deviation[i % width]!)
}

/** The classifier on features as they are: (x - μ)/σ·wᵀ + b = x·(w/σ)ᵀ + (b - (μ/σ)·wᵀ). */
function undoStandardize({ weight, bias }: LinearClassifier, { mean, deviation }: Moments): LinearClassifier {
  const width = mean.length
  const scaled = weight.map((value, i) => value / deviation[i % width]!)
  const shifted = bias.map((value, k) => {
    let shift = 0
    for (let i = 0; i < width; i++) shift += scaled[k * width + i]! * mean[i]!
    return value - shift
  })
  return { weight: scaled, bias: shifted }
}
