import type { Loader, Sample } from '../data/index.js'
import type { Evaluation, Model, SampleResult } from '../pipeline/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime } from '../runtime/session.js'
import type { EpochMetrics } from './checkpoint.js'
import type { Recipe, RunIdentity } from './recipe.js'
import type { Teacher } from './teacher.js'

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
  /** The recipe's teacher, which stays open. */
  teacher?: Teacher
  /** The run folder; checkpoints go into it. */
  output: string
  /** What else must be the same when a run is taken up again, such as the data. */
  identity?: RunIdentity
  /** Goes on from the run folder's checkpoint. */
  resume?: boolean
  /** Goes on even where the run was started with something else, if the checkpoint allows it. */
  force?: boolean
  /**
   * Where batches come from, `batchSize · accumulate` pictures at a time; they are prepared in this thread unless it is
   * given. It stays open.
   */
  loader?: Loader
  /** Bytes of memory that are free; a step that needs more is refused before it begins. */
  availableMemory?: number
  /**
   * Bytes of memory that the loader may keep decoded pictures in from epoch to epoch, though no more than half of what the
   * step leaves free; 0 unless given.
   */
  cacheBytes?: number
  /** Stops after the step or the validation batch at hand, with a checkpoint. */
  signal?: AbortSignal
  /** Milliseconds between checkpoints within an epoch. */
  checkpointInterval?: number
  /** Told what else there is to know about the run, a sentence each. */
  onNotice?: (text: string) => void
  onStep?: (report: StepReport) => void
  onEvaluate?: (done: number, total: number) => void
  onEpoch?: (metrics: EpochMetrics) => void
}

/** What a finished run gives, besides the model, which has the weights of the best epoch. */
export interface TrainingResult {
  history: EpochMetrics[]
  /** The best epoch, counted from 1. */
  bestEpoch: number
  /** How well the best epoch's weights do. */
  evaluation: Evaluation
  /** The same, picture by picture. */
  results: SampleResult[]
}

/** Training was stopped by its signal; a checkpoint was written. */
export class Interrupted extends Error {
  override name = 'Interrupted'
}
