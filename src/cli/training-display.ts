import type { EpochMetrics, Recipe, TrainerOptions } from '../train/index.js'
import { formatDuration, type Progress, startProgress } from './progress.js'

/** Shows a training run: one progress bar at a time, and a row an epoch; with `json`, a JSON line an epoch on standard output. */
export class TrainingDisplay implements Required<Pick<TrainerOptions, 'onStep' | 'onEvaluate' | 'onEpoch'>> {
  private progress: Progress | undefined
  private title = ''
  private hasHead = false
  /** The first report: what came before it was setting up, or a part of the run that was resumed. */
  private first: { steps: number; at: number } | undefined

  constructor(
    private readonly recipe: Recipe,
    private readonly json: boolean,
  ) {}

  onStep: NonNullable<TrainerOptions['onStep']> = ({ epoch, batch, batches, loss, accuracy }) => {
    const { epochs } = this.recipe
    const left = this.secondsLeft((epoch - 1) * batches + batch, epochs * batches)
    const wholeRun = epochs > 1 ? `, whole run ${formatDuration(left)} left` : ''
    const note = `loss ${loss.toFixed(3)} accuracy ${percent(accuracy)}${wholeRun}`
    this.show(`epoch ${epoch}/${epochs}`, batches).update(batch, note)
  }

  onEvaluate = (done: number, total: number) => {
    this.show('validation', total).update(done)
  }

  onEpoch = (metrics: EpochMetrics) => {
    this.stop()
    if (this.json) process.stdout.write(`${JSON.stringify(metrics)}\n`)
    else process.stderr.write(`${this.hasHead ? '' : tableHead}${tableRow(metrics)}`)
    this.hasHead = true
  }

  /** Removes the progress bar. */
  stop() {
    this.progress?.stop()
    this.progress = undefined
    this.title = ''
  }

  /** The time that the remaining steps take at the pace so far, with the validations in between. */
  private secondsLeft(steps: number, total: number): number {
    const now = performance.now()
    this.first ??= { steps, at: now }
    return ((now - this.first.at) / 1000 / Math.max(steps - this.first.steps, 1)) * (total - steps)
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

const tableHead = 'epoch  train loss  accuracy  validation loss  accuracy   time\n'

function tableRow({ epoch, trainLoss, trainAccuracy, validationLoss, validationAccuracy, seconds }: EpochMetrics) {
  const cells = [
    String(epoch).padStart(5),
    trainLoss.toFixed(4).padStart(10),
    percent(trainAccuracy).padStart(8),
    validationLoss.toFixed(4).padStart(15),
    percent(validationAccuracy).padStart(8),
    formatDuration(seconds).padStart(5),
  ]
  return `${cells.join('  ')}\n`
}

export const percent = (share: number) => `${(100 * share).toFixed(1)}%`
