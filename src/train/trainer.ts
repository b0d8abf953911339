import { type Batch, BatchLoader, batchesPerEpoch, type Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import { encodeInMemory, encodeModel, Graph, tensor } from '../onnx/index.js'
import { type Evaluation, evaluate, inferenceGraph, type Model, type SampleResult } from '../pipeline/index.js'
import { Random } from '../random.js'
import type { Files } from '../runtime/files.js'
import type { Runtime, Session, Tensors } from '../runtime/session.js'
import {
  type EpochMetrics,
  initialProgress,
  loadCheckpoint,
  type Progress,
  requireFit,
  saveCheckpoint,
} from './checkpoint.js'
import { crossEntropy } from './loss.js'
import { adamw, type Optimizer, sgd } from './optimizers.js'
import { identify, type Recipe, type RunIdentity, requireSameIdentity } from './recipe.js'
import { type Schedule, warmupCosine } from './schedule.js'
import { compileTrainStep, type StateEntry } from './train-step.js'

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
  identity?: RunIdentity
  /** Goes on from the run folder's checkpoint. */
  resume?: boolean
  /** Stops after the step or the validation batch at hand, with a checkpoint. */
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
 * @throws Interrupted where `signal` stopped it; UserError where the loss is no number, a picture cannot be read, or the
 * run folder cannot be written
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
  private readonly identity: RunIdentity
  private progress: Progress = structuredClone(initialProgress)
  private step!: Session
  private drawsRandomNumbers = false
  private lastSave = performance.now()

  constructor(private readonly options: TrainerOptions) {
    const { runtime, model, train, recipe, identity } = options
    this.preprocessor = new Preprocessor(runtime, model.preprocessor)
    this.batches = batchesPerEpoch(train.length, recipe.batchSize)
    this.schedule = warmupCosine({ ...recipe, totalSteps: this.batches * recipe.epochs })
    this.identity = identify(recipe, identity)
  }

  async run(): Promise<TrainingResult> {
    const { recipe } = this.options
    await this.compile()
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

  private async compile(): Promise<void> {
    const { runtime, recipe, model } = this.options
    const { graph, state: entries } = compileTrainStep(
      model.vit.build(new Graph({ training: true }), recipe.batchSize),
      {
        loss: crossEntropy(recipe),
        optimizer: optimizerOf(recipe),
        batch: recipe.batchSize,
        clipNorm: recipe.clipNorm,
      },
    )
    this.drawsRandomNumbers = graph.inputs.some(({ name }) => name === 'seed')
    const start = await this.startingState(entries)
    // Saved before the first step, so that a folder that cannot be written shows now, and not after an epoch.
    await this.save(start)
    this.step = await runtime.createSession(encodeModel(graph), {
      state: Object.fromEntries(entries.map(({ input, output }) => [input, { output, initial: start[input]! }])),
    })
  }

  /** The checkpoint's state where the run is taken up again, else that of the model. */
  private async startingState(entries: readonly StateEntry[]): Promise<Tensors> {
    const { files, output, resume } = this.options
    if (!resume) return Object.fromEntries(entries.map(({ input, initial }) => [input, initial]))
    const saved = await loadCheckpoint(files, output)
    requireSameIdentity(saved.identity, this.identity, output)
    requireFit(saved, entries, output)
    this.progress = saved.progress
    return saved.state
  }

  private async trainEpoch(): Promise<void> {
    const { files, train, recipe, checkpointInterval = 60_000 } = this.options
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
      await this.stopIfAsked()
      if (now - this.lastSave > checkpointInterval) await this.save()
    }
  }

  private async stopIfAsked(): Promise<void> {
    const { epoch, batch } = this.progress
    if (!this.options.signal?.aborted) return
    await this.save()
    throw new Interrupted(
      epoch < this.options.recipe.epochs
        ? `stopped in epoch ${epoch + 1} after ${batch} of ${this.batches} batches`
        : 'stopped after the last epoch',
    )
  }

  private async trainBatch({ pixels, labels }: Batch): Promise<void> {
    const { recipe, onStep } = this.options
    const { progress } = this
    const done = progress.epoch * this.batches + progress.batch
    const learningRate = this.schedule(done)
    const seed = new Random(recipe.seed, 'step', done).integer(2 ** 31)
    const { loss, correct, grad_norm } = await this.step.run({
      pixel_values: pixels,
      labels,
      learning_rate: tensor('float32', [learningRate], []),
      step: tensor('float32', [done + 1], []),
      ...(this.drawsRandomNumbers && { seed: tensor('int64', [seed], []) }),
    })
    const value = Number(loss!.data[0])
    this.requireNumber(value, 'loss')
    this.requireNumber(Number(grad_norm!.data[0]), 'norm of the gradients')
    progress.batch++
    progress.lossSum += value
    progress.correct += Number(correct!.data[0])
    onStep?.({ epoch: progress.epoch + 1, batch: progress.batch, batches: this.batches, learningRate, ...this.means() })
  }

  /** Stops a run that has diverged before its weights, which are lost, replace those of the checkpoint. */
  private requireNumber(value: number, what: string) {
    const { recipe } = this.options
    if (!Number.isFinite(value))
      throw new UserError(
        `the ${what} is ${value} in epoch ${this.progress.epoch + 1}: start anew with a --lr below ${recipe.learningRate}, and another --output`,
      )
  }

  private means() {
    const { lossSum, correct, batch } = this.progress
    return { loss: lossSum / batch, accuracy: correct / (batch * this.options.recipe.batchSize) }
  }

  private async finishEpoch(): Promise<Pick<TrainingResult, 'evaluation' | 'results'>> {
    const { progress } = this
    const since = performance.now()
    const last = await this.evaluate()
    this.requireNumber(last.evaluation.loss, 'loss on the validation pictures')
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
    await breathe()
    const graph = inferenceGraph(model)
    await breathe()
    const { model: bytes, externalData } = encodeInMemory(graph)
    await breathe()
    const session = await runtime.createSession(bytes, { externalData })
    const results: SampleResult[] = []
    try {
      const evaluation = await evaluate(
        async (pixels) => {
          await this.stopIfAsked()
          return (await session.run({ pixel_values: pixels })).logits!
        },
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

  private async save(initial?: Tensors): Promise<void> {
    const { files, output } = this.options
    const state = initial ?? (await this.step.readState())
    await saveCheckpoint(files, output, { state, progress: this.progress, identity: this.identity })
    this.lastSave = performance.now()
  }
}

/** Lets the event loop turn between two pieces of work that each keep it for a while: a server stays responsive. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve))

function optimizerOf({ optimizer, weightDecay }: Recipe): Optimizer {
  return optimizer === 'adamw' ? adamw({ weightDecay }) : sgd({ weightDecay })
}
