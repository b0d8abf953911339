import { UserError } from '../errors.js'
import type { Recipe } from './recipe.js'
import type { StepOutcome } from './step-runner.js'

/** A step as the watch sees it. */
export interface WatchedStep extends StepOutcome {
  /** Steps of the run before this one. */
  done: number
  epoch: number
  learningRate: number
}

/** So many of the last gradient norms tell whether they grow. */
const remembered = 10
/** A loss counts as diverged where its mean is this many times what knowing nothing costs … */
const factor = 3
/** … for so many steps in a row, the first of them this far from the start. */
const patience = 50

/**
 * Watches over a run and stops it where it is lost, with the likeliest cause: before weights that are no numbers replace
 * those of the checkpoint, and before hours go into a model that gets worse than guessing.
 *
 * A model that gives each of K classes the same probability has the cross-entropy ln K, so a loss that stays at three
 * times that, or at three times its own start where that is higher (as with other losses), is no noise: it has diverged.
 * The mean is exponential with a memory of about 50 steps, and nothing is judged before 50 steps: short peaks, as at the
 * end of a warm-up, pass.
 */
export class DivergenceWatch {
  private readonly norms: number[] = []
  private readonly firstLosses: number[] = []
  private steps = 0
  private mean = 0
  private highFor = 0

  constructor(
    private readonly recipe: Recipe,
    private readonly classes: number,
  ) {}

  /**
   * Looks at a step. `findBadPictures` gives the files of its batch whose pixels are not finite.
   * @throws UserError where the loss or the norm of the gradients is no number, or the loss has diverged
   */
  async observe(step: WatchedStep, findBadPictures: () => Promise<string[]>): Promise<void> {
    const place = `at step ${step.done + 1} (epoch ${step.epoch})`
    const [what, value] = Number.isFinite(step.loss)
      ? ['norm of the gradients', step.gradientNorm]
      : ['loss', step.loss]
    if (!Number.isFinite(value)) {
      const bad = await findBadPictures()
      throw new UserError(
        `the ${what} is ${value} ${place}: ${bad.length > 0 ? badBatch(bad) : this.likelyCause(step)}`,
      )
    }
    this.remember(step)
    if (this.highFor < patience) return
    const [now, start] = [this.smoothed, this.reference].map((loss) => loss.toFixed(2))
    throw new UserError(
      `the loss has diverged ${place}, a mean of ${now} and ${patience} steps above ${factor} times ${start}, which it had without knowing anything: ${this.likelyCause(step)}`,
    )
  }

  /** The same for the loss on the validation pictures. @throws UserError where it is no number */
  requireFinite(validationLoss: number, step: Pick<WatchedStep, 'done' | 'epoch' | 'learningRate'>): void {
    if (!Number.isFinite(validationLoss))
      throw new UserError(
        `the loss on the validation pictures is ${validationLoss} after epoch ${step.epoch}: ${this.likelyCause(step)}`,
      )
  }

  private remember({ loss, gradientNorm }: StepOutcome): void {
    this.norms.push(gradientNorm)
    if (this.norms.length > remembered) this.norms.shift()
    if (this.firstLosses.length < remembered) this.firstLosses.push(loss)
    this.steps++
    this.mean += (1 - decay) * (loss - this.mean)
    const isHigh = this.steps > patience && this.smoothed > factor * this.reference
    this.highFor = isHigh ? this.highFor + 1 : 0
  }

  /** The mean loss, without the bias of its start at zero. */
  private get smoothed(): number {
    return this.mean / (1 - decay ** this.steps)
  }

  /** The loss of a model that knows nothing. */
  private get reference(): number {
    const start = this.firstLosses.reduce((sum, loss) => sum + loss, 0) / this.firstLosses.length
    return Math.max(start, Math.log(this.classes))
  }

  /** What happened, from what is known of the last steps, and what to do about it. */
  private likelyCause({ done, learningRate }: Pick<WatchedStep, 'done' | 'learningRate'>): string {
    if (this.norms.length === 0)
      return 'weights and pixels are finite before it, so the numbers grow too large within the model itself, and another --model is needed'
    const { clipNorm, learningRate: peak, warmupSteps } = this.recipe
    const rises = done < warmupSteps
    const rate = shown(learningRate)
    const when = rises
      ? `during warm-up, at a learning rate of ${rate} on its way to ${shown(peak)}`
      : learningRate > 0.9 * peak
        ? `at the highest learning rate, ${rate}`
        : `at a learning rate of ${rate}, after the highest of ${shown(peak)}`
    const lower = `a --lr below ${rises ? rate : shown(peak)}`
    const remedy = clipNorm > 0 ? lower : `--clip-norm 1, or ${lower}`
    const unclipped = clipNorm > 0 ? '' : ', and nothing limited them'
    return `${growth(this.norms)} ${when}${unclipped}, so start anew with ${remedy}, and another --output`
  }
}

const decay = 1 - 1 / 50

/** How the norms of the last gradients went. */
function growth(norms: readonly number[]): string {
  const [first, last] = [norms[0]!, norms.at(-1)!]
  if (norms.length === 1) return `the norm of the gradients was ${shown(first)} in the step before,`
  return last > 2 * first
    ? `the norm of the gradients grew from ${shown(first)} to ${shown(last)} in the ${norms.length} steps before,`
    : `the norm of the gradients was at most ${shown(Math.max(...norms))} in the ${norms.length} steps before,`
}

const shown = (value: number) => String(Number(value.toPrecision(2)))

function badBatch(files: readonly string[]): string {
  const others = files.length > 1 ? ` and ${files.length - 1} more of its pictures` : ''
  return `the pixels of ${files[0]}${others} are not finite, so check mean and deviation in the preprocessor_config.json of --model, or leave the pictures out`
}

/** @throws UserError naming weights that are not finite before the first step */
export function requireFiniteWeights(
  weights: Iterable<readonly [name: string, data: ArrayLike<number>]>,
  source: string,
) {
  for (const [name, data] of weights) {
    let sum = 0
    for (let i = 0; i < data.length; i++) sum += data[i]! * 0
    // Zero times infinity is NaN.
    if (Number.isNaN(sum))
      throw new UserError(`the weights ${name} of ${source} are not finite: choose another --model, or start anew`)
  }
}
