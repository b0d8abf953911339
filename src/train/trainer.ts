import { type Batch, BatchLoader } from '../data/index.js'
import { Preprocessor } from '../image/index.js'
import type { Tensor } from '../onnx/index.js'
import type { Tensors } from '../runtime/session.js'
import { type EpochMetrics, initialProgress, type Progress, saveCheckpoint } from './checkpoint.js'
import { DivergenceWatch, requireFiniteWeights } from './divergence.js'
import { bestOf, EpochWeights } from './epoch-weights.js'
import { mergeLora } from './lora.js'
import { estimateMemory, roomForPictures } from './memory-estimate.js'
import { identify, type RunIdentity } from './recipe.js'
import { augmentationOf, scheduleOf, stepsPerEpoch } from './recipe-parts.js'
import { takeUp } from './resume.js'
import type { Schedule } from './schedule.js'
import { StepRunner } from './step-runner.js'
import { TrainingLog } from './tensorboard/index.js'
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
  private step!: StepRunner
  private log!: TrainingLog
  private readonly weights: EpochWeights
  private readonly watch: DivergenceWatch
  /** That of the best epoch, where it was one of this process. */
  private best: Validation | undefined
  private lastSave = performance.now()

  constructor(private readonly options: TrainerOptions) {
    const { runtime, model, train, recipe, identity } = options
    this.preprocessor = new Preprocessor(runtime, model.preprocessor)
    this.stepSize = recipe.batchSize * recipe.accumulate
    this.batches = stepsPerEpoch(recipe, train.length)
    this.schedule = scheduleOf(recipe, this.batches)
    const steps = this.batches * recipe.epochs
    if (recipe.warmupSteps > steps)
      options.onNotice?.(
        `all ${steps} steps are warm-up, so the learning rate never reaches ${recipe.learningRate}: choose fewer --warmup-steps than that`,
      )
    this.identity = identify(recipe, identity)
    this.weights = new EpochWeights(options.files, options.output, recipe.keep)
    this.watch = new DivergenceWatch(recipe, model.labels.length)
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
    const { files, output, resume, model } = this.options
    this.step = new StepRunner(this.options)
    const start = resume ? await this.savedState() : this.step.initialState
    const weights = [...model.vit.parameters].map(
      ([name, { data }]) => [name, (start[name]?.data ?? data) as Float32Array] as const,
    )
    requireFiniteWeights(weights, resume ? `the checkpoint in ${output}` : 'the model')
    // Saved before the first step, so that a folder that cannot be written shows now, and not after an epoch.
    await this.save(start)
    this.log = await TrainingLog.open(files, output, resume ? this.stepsDone + 1 : undefined)
    await this.step.load(start)
    this.keepPictures()
  }

  /** From the second epoch on they need not be decoded again. */
  private keepPictures(): void {
    const { loader, cacheBytes = 0, availableMemory = Number.POSITIVE_INFINITY, recipe } = this.options
    if (recipe.epochs > 1)
      loader?.keep(roomForPictures(estimateMemory(this.step.compiled), availableMemory, cacheBytes))
  }

  /** That of the checkpoint. */
  private async savedState(): Promise<Tensors> {
    const { progress, state } = await takeUp(this.options, this.identity, this.step.compiled.state)
    this.progress = progress
    return state
  }

  private async trainEpoch(): Promise<void> {
    const { checkpointInterval = 60_000 } = this.options
    const { progress } = this
    let since = performance.now()
    for await (const batch of this.remainingBatches()) {
      await this.trainBatch(batch)
      const now = performance.now()
      progress.seconds += (now - since) / 1000
      since = now
      await this.stopIfAsked()
      if (now - this.lastSave > checkpointInterval) await this.save()
    }
  }

  /** The batches of the epoch at hand that are not done. */
  private remainingBatches(): AsyncGenerator<Batch> {
    const { files, train, recipe } = this.options
    const { loader = new BatchLoader(files, this.preprocessor, this.stepSize) } = this.options
    const { epoch, batch } = this.progress
    return loader.training(train, { seed: recipe.seed, epoch, startBatch: batch, ...augmentationOf(recipe) })
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

  private async trainBatch(batch: Batch): Promise<void> {
    const { model, onStep } = this.options
    const { progress } = this
    const done = this.stepsDone
    const learningRate = this.schedule(done)
    if (progress.batch === 0) await this.log.pictures(batch.pixels, model.preprocessor, done + 1)
    const outcome = await this.step.run(batch, done, learningRate)
    await this.watch.observe({ ...outcome, ...this.place(done) }, () => this.badPictures())
    const { loss, correct, gradientNorm } = outcome
    progress.batch++
    progress.lossSum += loss
    progress.correct += correct
    await this.log.step({ loss, accuracy: correct / this.stepSize, learningRate, gradientNorm }, done + 1)
    onStep?.({ epoch: progress.epoch + 1, batch: progress.batch, batches: this.batches, learningRate, ...this.means() })
  }

  /** Where in the run a step is, for what has to be said of it. */
  private place(done: number) {
    return { done, epoch: Math.floor(done / this.batches) + 1, learningRate: this.schedule(done) }
  }

  /** The files of the next batch with pixels that are not finite. It is prepared anew: a step takes its pixels over. */
  private async badPictures(): Promise<string[]> {
    const batches = this.remainingBatches()
    const { value } = await batches.next()
    await batches.return(undefined)
    const { pixels, samples } = value as Batch
    const size = pixels.data.length / samples.length
    const isBad = (i: number) =>
      !(pixels.data as Float32Array).subarray(i * size, (i + 1) * size).every(Number.isFinite)
    return samples.filter((_, i) => isBad(i)).map(({ path }) => path)
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
    this.watch.requireFinite(validation.evaluation.loss, this.place(this.stepsDone - 1))
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
