import { formatSummary, summarize } from '../inspect/index.js'
import { saveModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import {
  type EpochMetrics,
  Interrupted,
  type Recipe,
  type TrainerOptions,
  type TrainingResult,
  train,
} from '../train/index.js'
import { formatDuration, type Progress, startProgress } from './progress.js'
import { writeReport } from './write-report.js'

export interface TrainingRun extends Pick<TrainerOptions, 'model' | 'train' | 'validation' | 'recipe' | 'output'> {
  resume: boolean
  json: boolean
  identity: Record<string, string>
  /** What the report lists besides the recipe. */
  settings: Record<string, string>
  warnings: readonly string[]
  title?: string
}

/** Trains with live progress, then writes model, metrics, report and model card. Ctrl-C keeps a checkpoint and says how to go on. */
export async function runTraining(run: TrainingRun): Promise<TrainingResult> {
  const { recipe, output, json } = run
  const interrupt = new AbortController()
  const onInterrupt = () => {
    // A second Ctrl-C ends the process at once.
    process.off('SIGINT', onInterrupt)
    process.stderr.write('\nstopping after this step; press Ctrl-C again to stop at once\n')
    interrupt.abort()
  }
  process.on('SIGINT', onInterrupt)
  const started = performance.now()
  const display = new TrainingDisplay(recipe, json)
  try {
    const result = await train({
      ...run,
      files: nodeFiles,
      runtime: nodeRuntime,
      signal: interrupt.signal,
      onStep: (report) => display.step(report),
      onEvaluate: (done, total) => display.evaluating(done, total),
      onEpoch: (metrics) => display.epoch(metrics),
    })
    display.stop()
    await writeRun(run, result, (performance.now() - started) / 1000)
    if (json) process.stdout.write(`${JSON.stringify({ output, ...result.evaluation })}\n`)
    else
      process.stdout.write(
        `${output}: ${percent(result.evaluation.accuracy)} of ${result.evaluation.count} unseen pictures right\n`,
      )
    return result
  } catch (error) {
    display.stop()
    if (!(error instanceof Interrupted)) throw error
    process.stderr.write(`${error.message}; go on with: ${resumeCommand()}\n`)
    process.exit(130)
  } finally {
    process.off('SIGINT', onInterrupt)
  }
}

/** One progress bar at a time, and a row an epoch. */
class TrainingDisplay {
  private progress: Progress | undefined
  private title = ''
  private history: EpochMetrics[] = []

  constructor(
    private readonly recipe: Recipe,
    private readonly json: boolean,
  ) {}

  step({ epoch, batch, batches, loss, accuracy }: Parameters<NonNullable<TrainerOptions['onStep']>>[0]) {
    this.show(`epoch ${epoch}/${this.recipe.epochs}`, batches).update(
      batch,
      `loss ${loss.toFixed(3)} accuracy ${percent(accuracy)}`,
    )
  }

  evaluating(done: number, total: number) {
    this.show('validation', total).update(done)
  }

  epoch(metrics: EpochMetrics) {
    this.stop()
    const { epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, seconds } = metrics
    if (this.json) process.stdout.write(`${JSON.stringify(metrics)}\n`)
    else {
      if (this.history.length === 0)
        process.stderr.write('epoch  train loss  accuracy  validation loss  accuracy   time\n')
      const cells = [
        String(epoch).padStart(5),
        trainLoss.toFixed(4).padStart(10),
        percent(trainAccuracy).padStart(8),
        validationLoss.toFixed(4).padStart(15),
        percent(validationAccuracy).padStart(8),
        formatDuration(seconds).padStart(5),
      ]
      process.stderr.write(`${cells.join('  ')}\n`)
    }
    this.history.push(metrics)
  }

  stop() {
    this.progress?.stop()
    this.progress = undefined
    this.title = ''
  }

  private show(title: string, total: number): Progress {
    if (title !== this.title) {
      this.stop()
      this.title = title
      this.progress = startProgress(title, total)
    }
    return this.progress!
  }
}

async function writeRun(run: TrainingRun, result: TrainingResult, seconds: number): Promise<void> {
  const { model, output } = run
  await saveModel(nodeFiles, output, model)
  const lines = result.history.map((metrics) => `${JSON.stringify(metrics)}\n`)
  await nodeFiles.write(`${output}/metrics.jsonl`, lines.join(''))
  await writeReport(run, result, { summary: formatSummary(summarize(model.vit)), seconds })
}

const percent = (share: number) => `${(100 * share).toFixed(1)}%`

/** The command at hand, with `--resume`. */
function resumeCommand(): string {
  const words = process.argv
    .slice(2)
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`))
  return ['vitrine', ...words, ...(words.includes('--resume') ? [] : ['--resume'])].join(' ')
}
