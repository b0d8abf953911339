import { UserError } from '../errors.js'

/** The hyperparameters of a run. Two runs with the same recipe, data and threads end with the same weights. */
export interface Recipe {
  epochs: number
  /** Stops after so many epochs that were no better than one before; 0 for never. */
  patience: number
  /** Keeps the weights of so many last epochs, besides the best. */
  keep: number
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
  patience: 0,
  keep: 0,
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

/** What decides about a run, as text: what a checkpoint keeps to compare. */
export type RunIdentity = Record<string, string>

/** The recipe by the names of its flags, such as `--batch-size`, and what else must stay the same. */
export function identify(recipe: Recipe, others: RunIdentity = {}): RunIdentity {
  const flags = Object.entries(recipe).map(([key, value]) => [flagOf(key), String(value)])
  return { ...Object.fromEntries(flags), ...others }
}

/** Checks that a run is taken up with what it was started with. @throws UserError naming the first thing that differs */
export function requireSameIdentity(saved: RunIdentity, now: RunIdentity, folder: string): void {
  const different = Object.keys(now).find((key) => saved[key] !== now[key])
  if (different)
    throw new UserError(
      `the run in ${folder} was started with ${different} ${saved[different]}, and now it is ${now[different]}: go on with the same, or name another --output`,
    )
}

const flagOf = (key: string) =>
  key === 'learningRate' ? '--lr' : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
