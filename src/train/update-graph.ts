import type { Value } from '../onnx/node.js'
import { add, div, max, min, mul, neg, pow, sqrt, sub, sum, sumSquares } from '../onnx/ops/index.js'
import { overwritable } from '../onnx/overwrite.js'
import { elementCount, type Tensor } from '../onnx/tensor.js'
import type { Learned } from './gradient-graph.js'
import type { Optimizer, Update } from './optimizers/index.js'

/** How gradients change the parameters. */
export interface UpdateOptions {
  optimizer: Optimizer
  /** The largest global norm of the gradients; they are scaled down to it (Pascanu et al., 2013). */
  clipNorm?: number
  /** The largest absolute value in a gradient; larger ones are cut off. */
  clipValue?: number
  /** Which parameters weight decay applies to. */
  decays?: (name: string, shape: readonly number[]) => boolean
  /** What a parameter's learning rate is multiplied with, as in layer-wise decay; 0 freezes it. */
  learningRateScale?: (name: string) => number
  /** Keeps an average of every parameter that learns in the state `NAME.ema`. */
  ema?: AverageOptions
}

/** An exponential moving average of the weights: a ← d·a + (1 - d)·p after each step, in the form of timm's `ModelEmaV2`. */
export interface AverageOptions {
  decay: number
  /** Lets d rise as 1 - t^(-2/3) to its value, as timm's `ModelEmaV3` does: short runs need it. */
  warmup?: boolean
}

/** One value that a training step takes in and gives back changed. */
export interface StateEntry {
  input: string
  output: string
  initial: Tensor
  /** Whether the new value may be written over the old one while a step runs, so that one buffer does for both. */
  inPlace: boolean
}

/**
 * Emits clipping, the optimizer's update and the averages, with the inputs `learning_rate` and `step` (float32 scalars,
 * steps from 1 on) and those of the state, and declares the outputs `grad_norm` (before clipping) and the new state.
 * `gradientScale` is what the gradients have to be multiplied with before all else.
 */
export function emitUpdates(learned: readonly Learned[], options: UpdateOptions, gradientScale?: Value): StateEntry[] {
  const { optimizer, decays = decaysByDefault, learningRateScale = () => 1, ema } = options
  if (!learned[0]) throw new Error('no parameter learns')
  const { graph } = learned[0].parameter
  const learningRate = graph.input('learning_rate', 'float32', [])
  const step = graph.input('step', 'float32', [])
  const { norm, gradients, scale } = graph.scope('clip', () => clip(learned, options, gradientScale))
  const kept: { input: Value; output: Value; initial: Tensor }[] = []
  const keep = (input: Value, output: Value, data: Tensor['data']) => {
    const shape = input.shape as readonly number[]
    kept.push({ input, output: graph.output(`${input.name}.new`, output), initial: { dtype: 'float32', shape, data } })
  }
  graph.scope('optimizer', () => {
    const average = ema && emitAverage(ema, step)
    const update = updatesByScale(optimizer, learningRate, step, scale)
    for (const [i, { parameter, data }] of learned.entries()) {
      const { name } = parameter
      const shape = parameter.shape as readonly number[]
      const slots = Object.fromEntries(
        Object.entries(optimizer.slots(shape)).map(([slot, size]) => [
          slot,
          graph.input(`${name}.${slot}`, 'float32', size),
        ]),
      )
      const next = update(learningRateScale(name))({ parameter, slots }, gradients[i]!, decays(name, shape))
      keep(parameter, next.parameter, data)
      for (const [slot, value] of Object.entries(slots)) {
        keep(value, next.slots[slot]!, new Float32Array(elementCount(value.shape as readonly number[])))
      }
      if (average) {
        const kept = graph.input(`${name}.ema`, 'float32', shape)
        // A copy: the session takes over the memory of its state.
        keep(kept, average(kept, next.parameter), data.slice())
      }
    }
  })
  graph.output('grad_norm', norm)
  const mayOverwrite = overwritable(graph)
  return kept.map(({ input, output, initial }) => ({
    input: input.name,
    output: output.name,
    initial,
    inPlace: mayOverwrite(input, output),
  }))
}

/** The optimizer's update for each factor of the learning rate, whose scalars are emitted once. */
function updatesByScale(optimizer: Optimizer, learningRate: Value, step: Value, gradientScale: Value | undefined) {
  const updates = new Map<number, Update>()
  return (scale: number): Update => {
    let update = updates.get(scale)
    if (!update) {
      const rate = scale === 1 ? learningRate : mul(learningRate, scale)
      update = optimizer.begin({ learningRate: rate, step, ...(gradientScale && { gradientScale }) })
      updates.set(scale, update)
    }
    return update
  }
}

/** The global norm, the gradients to go on with, and what they have to be multiplied with. */
function clip(learned: readonly Learned[], { clipNorm, clipValue }: UpdateOptions, given: Value | undefined) {
  if (clipNorm !== undefined && clipValue !== undefined)
    throw new Error('gradients are clipped by their norm or by their values, not by both')
  const gradients = learned.map(({ gradient }) => gradient)
  const length = sqrt(sum(gradients.map(sumSquares)))
  const norm = given ? mul(length, given) : length
  if (clipNorm !== undefined) {
    const factor = min(div(clipNorm, add(norm, 1e-6)), 1)
    return { norm, gradients, scale: given ? mul(given, factor) : factor }
  }
  if (clipValue === undefined) return { norm, gradients, scale: given }
  const { graph } = norm
  const bound = given ? div(clipValue, given) : graph.constant('float32', clipValue)
  const low = neg(bound)
  const cut = gradients.map((gradient) => graph.emit('Clip', [gradient, low, bound])[0]!)
  return { norm, gradients: cut, scale: given }
}

/** Emits a ← d·a + (1 - d)·p, as a + (1 - d)·(p - a). */
function emitAverage({ decay, warmup = false }: AverageOptions, step: Value): (average: Value, next: Value) => Value {
  const rising = () => max(pow(step, -2 / 3), 1 - decay)
  const share = warmup ? rising() : 1 - decay
  return (average, next) => add(average, mul(sub(next, average), share))
}

/** Weight decay spares vectors (norms and biases), the tokens before the patches and the position embedding, as timm does. */
export function decaysByDefault(name: string, shape: readonly number[]): boolean {
  return shape.length > 1 && !/(^|\.)(cls_token|pos_embed|dist_token|reg_token)$/.test(name)
}
