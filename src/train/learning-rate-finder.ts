import { UserError } from '../errors.js'

export interface LearningRateFinderOptions {
  /** The first and the last learning rate, and in how many steps it rises from one to the other. */
  lowest?: number
  highest?: number
  steps?: number
  /** How much of the mean of earlier losses goes into the next, 0 to below 1. */
  smoothing?: number
}

/** What a search for a learning rate has seen, a point a step. */
export interface LearningRateSearch {
  points: { learningRate: number; loss: number; smoothed: number }[]
  /** Where the loss fell fastest. */
  suggestion: number
}

/** The search ends where the smoothed loss is this many times the best one. */
const divergence = 4
/** Steps that the mean needs before it says something. */
const settling = 5

/**
 * Searches for a learning rate (the range test of Smith, "Cyclical Learning Rates for Training Neural Networks", 2015):
 * `step` trains one batch with a learning rate that rises exponentially, and gives its loss. The search ends early where the
 * loss diverges or is no number. The suggestion is where the smoothed loss falls most steeply over the logarithm of the
 * rate, before its minimum. The model has learned at random rates afterwards: throw it away.
 * @throws UserError where the loss never falls
 */
export async function findLearningRate(
  step: (learningRate: number) => Promise<number>,
  { lowest = 1e-7, highest = 1, steps = 100, smoothing = 0.9 }: LearningRateFinderOptions = {},
): Promise<LearningRateSearch> {
  if (!(lowest > 0 && highest > lowest && steps > 2 * settling))
    throw new UserError(
      `a search for the learning rate must rise from above 0, and take more than ${2 * settling} steps: it goes from ${lowest} to ${highest} in ${steps}`,
    )
  const points: LearningRateSearch['points'] = []
  let [mean, best] = [0, Number.POSITIVE_INFINITY]
  for (let i = 0; i < steps; i++) {
    const learningRate = lowest * (highest / lowest) ** (i / (steps - 1))
    const loss = await step(learningRate)
    mean = smoothing * mean + (1 - smoothing) * loss
    const smoothed = mean / (1 - smoothing ** (i + 1))
    if (!Number.isFinite(smoothed) || (i >= settling && smoothed > divergence * best)) break
    points.push({ learningRate, loss, smoothed })
    best = Math.min(best, smoothed)
  }
  return { points, suggestion: steepest(points, lowest, highest) }
}

function steepest(points: LearningRateSearch['points'], lowest: number, highest: number): number {
  const smoothed = points.map((point) => point.smoothed)
  const bottom = smoothed.indexOf(Math.min(...smoothed))
  let [place, fall] = [-1, 0]
  for (let i = settling; i < bottom; i++) {
    const slope = (smoothed[i + 1]! - smoothed[i - 1]!) / 2
    if (slope < fall) [place, fall] = [i, slope]
  }
  if (place < 0)
    throw new UserError(
      `the loss does not fall at any learning rate from ${lowest} to ${highest}: check the labels, or search lower`,
    )
  return points[place]!.learningRate
}
