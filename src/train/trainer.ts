import { type Batch, BatchLoader, batchesPerEpoch, type Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import { encodeModel, Graph, tensor } from '../onnx/index.js'
import { type Evaluation, evaluate, inferenceGraph, type Model, type SampleResult } from '../pipeline/index.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import type { Runtime, Session } from '../runtime/session.js'
import { type EpochMetrics, initialProgress, loadCheckpoint, type Progress, saveCheckpoint } from './checkpoint.js'
import { crossEntropy } from './loss.js'
import { adamw, type Optimizer, sgd } from './optimizers.js'
import { type Schedule, warmupCosine } from './schedule.js'
import { compileTrainStep } from './train-step.js'

/** The hyperparameters of a run. Two runs with the same recipe, data and threads end with the same weights. */
export interface Recipe {
  epochs: number
  batchSize: number
  /** The highest learning rate; it rises to it linearly, and falls with half a cosine. */
  learningRate: number
  /** Steps of linear rise. */
  warmupSteps: number
  optimizer: 'adamw' | 'sgd'
  weightDecay: number
  /** The largest global norm of the gradients. */
  clipNorm: number
  labelSmoothing: number
  /** The smallest share of a picture's area that random crops show. */
  minCrop: number
  seed: number
}

export const defaultRecipe: Recipe = {
  epochs: 10,
  batchSize: 16,
  learningRate: 1e-4,
  warmupSteps: 20,
  optimizer: 'adamw',
  weightDecay: 0.05,
  clipNorm: 1,
  labelSmoothing: 0.1,
  minCrop: 0.35,
  seed: 0,
}

/** Told after every step. */
export interface StepReport {
  epoch: number
  batch: number
  batches: number
  /** Means of the epoch so far. */
  loss: number
  accuracy: number
  learningRate: number
}

export interface TrainerOptions {
  files: Files
  runtime: Runtime
  model: Model
  train: readonly Sample[]
  validation: readonly Sample[]
  recipe: Recipe
  /** The run folder; checkpoints go into it. */
  output: string
  /** What else must be the same when a run is taken up again, such as the data. */
  identity?: Record<string, string>
  resume?: boolean
  /** Stops after the step at hand, with a checkpoint. */
  signal?: AbortSignal
  /** Milliseconds between checkpoints within an epoch. */
  checkpointInterval?: number
  onStep?: (report: StepReport) => void
  onEvaluate?: (done: number, total: number) => void
  onEpoch?: (metrics: EpochMetrics) => void
}

/** What a finished run gives, besides the model, which has learned. */
export interface TrainingResult {
  history: EpochMetrics[]
  evaluation: Evaluation
  /** The last evaluation, picture by picture. */
  results: SampleResult[]
}

/** Training was stopped by its signal; a checkpoint was written. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}

/**
 * Trains a model: compiles its training step, feeds it batches, evaluates after every epoch, and keeps a checkpoint that
 * a run can be taken up from at any time. The model's parameters hold the learned values in the end.
 * @throws Interrupted where `signal` stopped it; UserError where the loss is no number or a picture cannot be read
 */
export async function train(options: TrainerOptions): Promise<TrainingResult> {
  const trainer = new Trainer(options)
  try {
    return await trainer.run()
  } finally {
    await trainer.close()
  }
}

class Trainer {
  private readonly preprocessor: Preprocessor
  private readonly batches: number
  private readonly schedule: Schedule
  private readonly recipeText: Record<string, string>
  private progress: Progress = structuredClone(initialProgress)
  private step!: Session
  private drawsRandomNumbers = false
  private lastSave = performance.now()

  constructor(private readonly options: TrainerOptions) {
    const { runtime, model, train, recipe, identity } = options
    this.preprocessor = new Preprocessor(runtime, model.preprocessor)
    this.batches = batchesPerEpoch(train.length, recipe.batchSize)
    this.schedule = warmupCosine({ ...recipe, totalSteps: this.batches * recipe.epochs })
    this.recipeText = Object.fromEntries(
      Object.entries({ ...recipe, ...identity }).map(([key, value]) => [key, String(value)]),
    )
  }

  async run(): Promise<TrainingResult> {
    const { recipe, resume } = this.options
    await this.compile(resume ?? false)
    let last: Pick<TrainingResult, 'evaluation' | 'results'> | undefined
    while (this.progress.epoch < recipe.epochs) {
      await this.trainEpoch()
      last = await this.finishEpoch()
    }
    last ??= await this.evaluate()
    return { history: this.progress.history, ...last }
  }

  async close(): Promise<void> {
    await this.preprocessor.close()
    await this.step?.close()
  }

  private async compile(resume: boolean): Promise<void> {
    const { files, output, runtime, recipe, model } = this.options
    const { graph, state } = compileTrainStep(model.vit.build(new Graph({ training: true }), recipe.batchSize), {
      loss: crossEntropy(recipe),
      optimizer: optimizerOf(recipe),
      batch: recipe.batchSize,
      clipNorm: recipe.clipNorm,
    })
    this.drawsRandomNumbers = graph.inputs.some(({ name }) => name === 'seed')
    const saved = resume ? await loadCheckpoint(files, output) : undefined
    if (saved) {
      this.checkRecipe(saved.recipe)
      this.progress = saved.progress
    }
    this.step = await runtime.createSession(encodeModel(graph), {
      state: Object.fromEntries(
        state.map(({ input, output, initial }) => [input, { output, initial: saved?.state[input] ?? initial }]),
      ),
    })
  }

  private checkRecipe(saved: Record<string, string>) {
    const different = Object.keys(this.recipeText).find((key) => saved[key] !== this.recipeText[key])
    if (different)
      throw new UserError(
        `the run in ${this.options.output} was started with ${different} ${saved[different]}, and now it is ${this.recipeText[different]}: go on with the same, or name another --output`,
      )
  }

  private async trainEpoch(): Promise<void> {
    const { files, train, recipe, signal } = this.options
    const { progress } = this
    const loader = new BatchLoader(files, this.preprocessor, recipe.batchSize)
    let since = performance.now()
    for await (const batch of loader.training(train, {
      seed: recipe.seed,
      epoch: progress.epoch,
      startBatch: progress.batch,
      cropScale: [recipe.minCrop, 1],
    })) {
      await this.trainBatch(batch)
      const now = performance.now()
      progress.seconds += (now - since) / 1000
      since = now
      if (signal?.aborted) {
        await this.save()
        throw new Interrupted(
          `stopped in epoch ${progress.epoch + 1} after ${progress.batch} of ${this.batches} batches`,
        )
      }
      if (now - this.lastSave > (this.options.checkpointInterval ?? 60_000)) await this.save()
    }
  }

  private async trainBatch({ pixels, labels }: Batch): Promise<void> {
    const { recipe, onStep } = this.options
    const { progress } = this
    const done = progress.epoch * this.batches + progress.batch
    const learningRate = this.schedule(done)
    const seed = new Random(recipe.seed, 'step', done).integer(2 ** 31)
    const { loss, correct } = await this.step.run({
      pixel_values: pixels,
      labels,
      learning_rate: tensor('float32', [learningRate], []),
      step: tensor('float32', [done + 1], []),
      ...(this.drawsRandomNumbers && { seed: tensor('int64', [seed], []) }),
    })
    const value = Number(loss!.data[0])
    if (!Number.isFinite(value))
      throw new UserError(
        `the loss is ${value} at step ${done + 1} (epoch ${progress.epoch + 1}): choose a lower --lr than ${recipe.learningRate}, then start anew`,
      )
    progress.batch++
    progress.lossSum += value
    progress.correct += Number(correct!.data[0])
    onStep?.({ epoch: progress.epoch + 1, batch: progress.batch, batches: this.batches, learningRate, ...this.means() })
  }

  private means() {
    const { lossSum, correct, batch } = this.progress
    return { loss: lossSum / batch, accuracy: correct / (batch * this.options.recipe.batchSize) }
  }

  private async finishEpoch(): Promise<Pick<TrainingResult, 'evaluation' | 'results'>> {
    const { progress } = this
    const since = performance.now()
    const last = await this.evaluate()
    const { loss, accuracy } = this.means()
    const metrics: EpochMetrics = {
      epoch: progress.epoch + 1,
      trainLoss: loss,
      trainAccuracy: accuracy,
      validationLoss: last.evaluation.loss,
      validationAccuracy: last.evaluation.accuracy,
      learningRate: this.schedule((progress.epoch + 1) * this.batches - 1),
      seconds: progress.seconds + (performance.now() - since) / 1000,
    }
    this.progress = {
      ...structuredClone(initialProgress),
      epoch: metrics.epoch,
      history: [...progress.history, metrics],
    }
    await this.save()
    this.options.onEpoch?.(metrics)
    return last
  }

  /** Brings the learned parameters into the model and judges it on the validation part. */
  private async evaluate(): Promise<Pick<TrainingResult, 'evaluation' | 'results'>> {
    const { files, runtime, model, validation, recipe, onEvaluate } = this.options
    const state = await this.step.readState()
    model.vit.loadStateDict(new Map(Object.entries(state).filter(([name]) => model.vit.parameters.has(name))))
    const session = await runtime.createSession(encodeModel(inferenceGraph(model)))
    const results: SampleResult[] = []
    try {
      const evaluation = await evaluate(
        async (pixels) => (await session.run({ pixel_values: pixels })).logits!,
        validation,
        {
          files,
          preprocessor: this.preprocessor,
          batchSize: recipe.batchSize,
          labels: model.labels,
          onResult: (result) => results.push(result),
          ...(onEvaluate && { onProgress: onEvaluate }),
        },
      )
      return { evaluation, results }
    } finally {
      await session.close()
    }
  }

  private async save(): Promise<void> {
    const { files, output } = this.options
    await saveCheckpoint(files, output, {
      state: await this.step.readState(),
      progress: this.progress,
      recipe: this.recipeText,
    })
    this.lastSave = performance.now()
  }
}

function optimizerOf({ optimizer, weightDecay }: Recipe): Optimizer {
  return optimizer === 'adamw' ? adamw({ weightDecay }) : sgd({ weightDecay })
}
