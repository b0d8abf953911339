import { type Batch, BatchLoader, type Loader } from '../data/index.js'
import { Preprocessor } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { findLearningRate, type LearningRateFinderOptions, type LearningRateSearch } from './learning-rate-finder.js'
import { augmentationOf, stepsPerEpoch } from './recipe-parts.js'
import { type StepOptions, StepRunner } from './step-runner.js'

export interface RangeTestOptions extends StepOptions, LearningRateFinderOptions {
  files: Files
  /** Where batches come from, `batchSize · accumulate` pictures at a time; in this thread unless it is given. It stays open. */
  loader?: Loader
  /** Told the number of steps done. */
  onStep?: (done: number) => void
}

/**
 * Searches for the learning rate of a recipe, with its own step on its own batches (see `findLearningRate`). Nothing is
 * written. The model is of no use afterwards: load it anew to train it.
 * @throws UserError where the pictures do not fill a batch, the memory will not do, or the loss never falls
 */
export async function rangeTest(options: RangeTestOptions): Promise<LearningRateSearch> {
  const { files, runtime, model, recipe, onStep } = options
  stepsPerEpoch(recipe, options.train.length)
  const preprocessor = new Preprocessor(runtime, model.preprocessor)
  const { loader = new BatchLoader(files, preprocessor, recipe.batchSize * recipe.accumulate) } = options
  const step = new StepRunner(options)
  const batches = endless(loader, options)
  let done = 0
  try {
    await step.load()
    return await findLearningRate(async (learningRate) => {
      const { value } = await batches.next()
      const { loss } = await step.run(value!, done++, learningRate)
      onStep?.(done)
      return loss
    }, options)
  } finally {
    await batches.return(undefined)
    await step.close()
    await preprocessor.close()
  }
}

/** Epoch after epoch. */
async function* endless(loader: Loader, { train, recipe }: RangeTestOptions): AsyncGenerator<Batch, undefined> {
  for (let epoch = 0; ; epoch++) yield* loader.training(train, { seed: recipe.seed, epoch, ...augmentationOf(recipe) })
}
