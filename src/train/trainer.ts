import { type Batch, BatchLoader, batchesPerEpoch } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Session, Tensors } from '../runtime/session.js'
import {
  type EpochMetrics,
  initialProgress,
  loadCheckpoint,
  type Progress,
  requireFit,
  saveCheckpoint,
} from './checkpoint.js'
import { bestOf, EpochWeights } from './epoch-weights.js'
import { addLora, mergeLora } from './lora.js'
import { estimateMemory, requireMemory } from './memory-estimate.js'
import { drawMixInputs } from './mixing.js'
import { identify, type RunIdentity, requireSameIdentity } from './recipe.js'
import { augmentationOf, lossOf, mixOptionsOf, optimizerOf, scheduleOf, updateOptionsOf } from './recipe-parts.js'
import type { Schedule } from './schedule.js'
import { TrainingLog } from './tensorboard/index.js'
import { compileTrainStep, type StateEntry } from './train-step.js'
import { Interrupted, type TrainerOptions, type TrainingResult } from './trainer-options.js'
import { type Validation, validate } from './validate.js'

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
  /** Samples of one step of the optimizer. */
  private readonly stepSize: number
  /** Steps of an epoch. */
  private readonly batches: number
  private readonly schedule: Schedule
  private readonly identity: RunIdentity
  private progress: Progress = structuredClone(initialProgress)
  private step!: Session
  private log!: TrainingLog
  private drawsRandomNumbers = false
  private readonly mixes: boolean
  private readonly weights: EpochWeights
  /** That of the best epoch, where it was one of this process. */
  private best: Validation | undefined
  private lastSave = performance.now()

  constructor(private readonly options: TrainerOptions) {
    const { runtime, model, train, recipe, identity } = options
    this.preprocessor = new Preprocessor(runtime, model.preprocessor)
    this.stepSize = recipe.batchSize * recipe.accumulate
    this.batches = batchesPerEpoch(train.length, this.stepSize)
    this.schedule = scheduleOf(recipe, this.batches)
    this.mixes = recipe.mixup > 0 || recipe.cutmix > 0
    if (recipe.lora > 0) addLora(model.vit, { rank: recipe.lora })
    this.identity = identify(recipe, identity)
    this.weights = new EpochWeights(options.files, options.output, recipe.keep)
  }

  async run(): Promise<TrainingResult> {
    const { model, recipe } = this.options
    await this.compile()
    while (!this.isFinished()) {
      await this.trainEpoch()
      await this.finishEpoch()
    }
    const { history } = this.progress
    const { epoch: bestEpoch } = bestOf(history)!
    await this.weights.loadBest(model.vit)
    if (recipe.lora > 0) mergeLora(model.vit)
    return { history, bestEpoch, ...(this.best ?? (await this.validate())) }
  }

  /** After the last epoch, or where the last few were no better than one before. */
  private isFinished(): boolean {
    const { epochs, patience } = this.options.recipe
    const { epoch, history } = this.progress
    return epoch >= epochs || (patience > 0 && epoch - (bestOf(history)?.epoch ?? epoch) >= patience)
  }

  async close(): Promise<void> {
    await this.preprocessor.close()
    await this.step?.close()
  }

  private async compile(): Promise<void> {
    const { runtime, recipe, model } = this.options
    const { batchSize: batch, accumulate } = recipe
    const step = compileTrainStep(model.vit.build(new Graph({ training: true }), batch), {
      loss: lossOf(recipe, model.labels, this.options.train),
      optimizer: optimizerOf(recipe),
      batch,
      accumulate,
      mixing: this.mixes,
      ...updateOptionsOf(recipe, model.vit),
    })
    const { availableMemory } = this.options
    if (availableMemory !== undefined) requireMemory(estimateMemory(step), availableMemory)
    const { graph, state: entries } = step
    this.drawsRandomNumbers = graph.inputs.some(({ name }) => name === 'seed')
    const start = await this.startingState(entries)
    // Saved before the first step, so that a folder that cannot be written shows now, and not after an epoch.
    await this.save(start)
    const { files, output, resume } = this.options
    this.log = await TrainingLog.open(files, output, resume ? this.stepsDone + 1 : undefined)
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
    const { loader = new BatchLoader(files, this.preprocessor, this.stepSize) } = this.options
    let since = performance.now()
    for await (const batch of loader.training(train, {
      seed: recipe.seed,
      epoch: progress.epoch,
      startBatch: progress.batch,
      ...augmentationOf(recipe),
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
    const { recipe, model, onStep } = this.options
    const { progress } = this
    const done = this.stepsDone
    const learningRate = this.schedule(done)
    const seed = new Random(recipe.seed, 'step', done).integer(2 ** 31)
    const mix = this.mixes
      ? drawMixInputs(new Random(recipe.seed, 'mix', done), mixOptionsOf(recipe), pixels.shape)
      : {}
    if (progress.batch === 0) await this.log.pictures(pixels, model.preprocessor, done + 1)
    const { loss, correct, grad_norm } = await this.step.run({
      pixel_values: pixels,
      labels,
      ...mix,
      learning_rate: tensor('float32', [learningRate], []),
      step: tensor('float32', [done + 1], []),
      ...(this.drawsRandomNumbers && { seed: tensor('int64', [seed], []) }),
    })
    const [value, right, gradientNorm] = [loss, correct, grad_norm].map((output) => Number(output!.data[0])) as [
      number,
      number,
      number,
    ]
    this.requireNumber(value, 'loss')
    this.requireNumber(gradientNorm, 'norm of the gradients')
    progress.batch++
    progress.lossSum += value
    progress.correct += right
    await this.log.step({ loss: value, accuracy: right / this.stepSize, learningRate, gradientNorm }, done + 1)
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

  private get stepsDone(): number {
    return this.progress.epoch * this.batches + this.progress.batch
  }

  private means() {
    const { lossSum, correct, batch } = this.progress
    return { loss: lossSum / batch, accuracy: correct / (batch * this.stepSize) }
  }

  private async finishEpoch(): Promise<void> {
    const { progress } = this
    const { vit } = this.options.model
    const since = performance.now()
    const state = await this.step.readState()
    vit.loadStateDict(new Map([...vit.parameters.keys()].flatMap((name) => learned(state, name))))
    const validation = await this.validate()
    this.requireNumber(validation.evaluation.loss, 'loss on the validation pictures')
    const { loss, accuracy } = this.means()
    const metrics: EpochMetrics = {
      epoch: progress.epoch + 1,
      trainLoss: loss,
      trainAccuracy: accuracy,
      validationLoss: validation.evaluation.loss,
      validationAccuracy: validation.evaluation.accuracy,
      learningRate: this.schedule((progress.epoch + 1) * this.batches - 1),
      seconds: progress.seconds + (performance.now() - since) / 1000,
    }
    const history = [...progress.history, metrics]
    if (bestOf(history) === metrics) {
      this.best = validation
      await this.weights.saveBest(vit)
    }
    await this.weights.save(vit, metrics.epoch)
    this.progress = { ...structuredClone(initialProgress), epoch: metrics.epoch, history }
    await this.log.epoch(metrics, metrics.epoch * this.batches)
    await this.save()
    this.options.onEpoch?.(metrics)
  }

  private validate(): Promise<Validation> {
    const { files, runtime, model, validation, recipe, loader, onEvaluate } = this.options
    return validate({
      files,
      runtime,
      model,
      preprocessor: this.preprocessor,
      samples: validation,
      batchSize: recipe.batchSize,
      beforeBatch: () => this.stopIfAsked(),
      ...(loader && { loader }),
      ...(onEvaluate && { onProgress: onEvaluate }),
    })
  }

  private async save(initial?: Tensors): Promise<void> {
    const { files, output } = this.options
    const state = initial ?? (await this.step.readState())
    await saveCheckpoint(files, output, { state, progress: this.progress, identity: this.identity })
    this.lastSave = performance.now()
  }
}

/** What a parameter has learned: its average, where one is kept. Those that do not learn are not in the state. */
function learned(state: Tensors, name: string): [string, Tensor][] {
  const value = state[`${name}.ema`] ?? state[name]
  return value ? [[name, value]] : []
}
