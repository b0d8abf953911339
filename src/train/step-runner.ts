import type { Batch } from '../data/index.js'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Session, Tensors } from '../runtime/session.js'
import { addLora } from './lora.js'
import { estimateMemory, requireMemory } from './memory-estimate.js'
import { drawMixInputs } from './mixing.js'
import { distillationOf, lossOf, mixOptionsOf, optimizerOf, updateOptionsOf } from './recipe-parts.js'
import { sessionState } from './session-state.js'
import { compileTrainStep, type TrainStep } from './train-step.js'
import type { TrainerOptions } from './trainer-options.js'

/** What a recipe's training step is made of. */
export type StepOptions = Pick<TrainerOptions, 'runtime' | 'model' | 'train' | 'recipe' | 'teacher' | 'availableMemory'>

/** What one step says of the batch, before it learns from it. */
export interface StepOutcome {
  /** The mean. */
  loss: number
  /** Right answers. */
  correct: number
  /** Of all gradients, before they are clipped. */
  gradientNorm: number
}

/** The training step of a recipe, compiled, and fed with batches once it is loaded. */
export class StepRunner {
  readonly compiled: TrainStep
  private readonly mixes: boolean
  private readonly drawsRandomNumbers: boolean
  private session: Session | undefined

  /** Compiles the step; LoRA becomes part of the model. @throws UserError where the memory will not do for it */
  constructor(private readonly options: StepOptions) {
    const { recipe, model, train, teacher, availableMemory } = options
    const { batchSize: batch, accumulate } = recipe
    this.mixes = recipe.mixup > 0 || recipe.cutmix > 0
    if (recipe.lora > 0) addLora(model.vit, { rank: recipe.lora })
    this.compiled = compileTrainStep(model.vit.build(new Graph({ training: true }), batch), {
      loss: lossOf(recipe, model.labels, train),
      optimizer: optimizerOf(recipe),
      batch,
      accumulate,
      checkpointing: recipe.checkpointing,
      mixing: this.mixes,
      ...(teacher && { teacher: distillationOf(recipe) }),
      ...updateOptionsOf(recipe, model.vit),
    })
    if (availableMemory !== undefined) requireMemory(estimateMemory(this.compiled), availableMemory, recipe)
    this.drawsRandomNumbers = this.compiled.graph.inputs.some(({ name }) => name === 'seed')
  }

  /** What the step begins with where nothing has been learned yet. */
  get initialState(): Tensors {
    return Object.fromEntries(this.compiled.state.map(({ input, initial }) => [input, initial]))
  }

  /** Loads the step, to go on from `state`. */
  async load(state = this.initialState): Promise<void> {
    const { graph, state: entries } = this.compiled
    this.session = await this.options.runtime.createSession(encodeModel(graph), {
      state: sessionState(entries, state),
    })
  }

  /** Learns from a batch, whose arrays are taken over. `done` counts the steps before this one: all draws depend on it. */
  async run({ pixels, labels }: Batch, done: number, learningRate: number): Promise<StepOutcome> {
    const { recipe, teacher } = this.options
    const mix = this.drawMix(pixels, done)
    const taught = teacher && { teacher_logits: await teacher.logits(pixels, { mix, atOnce: recipe.batchSize }) }
    const { loss, correct, grad_norm } = await this.session!.run({
      pixel_values: pixels,
      labels,
      ...mix,
      ...taught,
      learning_rate: tensor('float32', [learningRate], []),
      step: tensor('float32', [done + 1], []),
      ...(this.drawsRandomNumbers && {
        seed: tensor('int64', [new Random(recipe.seed, 'step', done).integer(2 ** 31)], []),
      }),
    })
    return { loss: numberIn(loss), correct: numberIn(correct), gradientNorm: numberIn(grad_norm) }
  }

  /** A copy of parameters, the optimizer's slots and averages. */
  readState(): Promise<Tensors> {
    return this.session!.readState()
  }

  async close(): Promise<void> {
    await this.session?.close()
  }

  private drawMix(pixels: Tensor, done: number): Tensors | undefined {
    const { recipe } = this.options
    if (!this.mixes) return undefined
    return drawMixInputs(new Random(recipe.seed, 'mix', done), mixOptionsOf(recipe), pixels.shape)
  }
}

const numberIn = (scalar: Tensor | undefined) => Number(scalar!.data[0])
