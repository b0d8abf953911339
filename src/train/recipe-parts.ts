import { type Augmentation, batchesPerEpoch, countPerClass, type MixOptions, type Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import type { ViT } from '../nn/index.js'
import { learning } from './freeze.js'
import { layerDecayScale } from './layer-decay.js'
import { loraLearns } from './lora.js'
import { binaryCrossEntropy, crossEntropy, type Distillation, focal, type Loss } from './losses/index.js'
import { adafactor, adamw, lamb, lion, type Optimizer, sgd } from './optimizers/index.js'
import type { Recipe } from './recipe.js'
import { cosine, linear, oneCycle, perEpoch, type Schedule, stepDecay, withWarmup } from './schedule.js'
import type { TrainStepOptions } from './train-step.js'

/** What the words of a recipe stand for. */

export function optimizerOf({ optimizer, momentum, nesterov, weightDecay }: Recipe): Optimizer {
  if (optimizer === 'sgd') return sgd({ momentum, nesterov, weightDecay })
  return { adamw, lamb, lion, adafactor }[optimizer]({ weightDecay })
}

/** Steps of the optimizer in an epoch. @throws UserError where the pictures do not fill one */
export function stepsPerEpoch({ batchSize, accumulate }: Recipe, pictures: number): number {
  if (accumulate > 1 && pictures < batchSize * accumulate)
    throw new UserError(
      `${pictures} training pictures do not fill one step of --batch-size ${batchSize} times --accumulate ${accumulate}: choose a smaller --accumulate`,
    )
  return batchesPerEpoch(pictures, batchSize * accumulate)
}

export function scheduleOf(recipe: Recipe, stepsPerEpoch: number): Schedule {
  const { learningRate, finalShare, warmupSteps, epochs, schedule } = recipe
  const totalSteps = stepsPerEpoch * epochs - warmupSteps
  const options = { learningRate, finalShare, totalSteps }
  const schedules: Record<Recipe['schedule'], () => Schedule> = {
    cosine: () => cosine(options),
    linear: () => linear(options),
    step: () => stepDecay({ learningRate, stepSize: Math.max(1, Math.ceil(totalSteps / 3)) }),
    'one-cycle': () => oneCycle(options),
    'epoch-cosine': () => perEpoch(stepsPerEpoch, cosine({ ...options, totalSteps: epochs })),
  }
  return warmupSteps > 0 ? withWarmup(warmupSteps, schedules[schedule]()) : schedules[schedule]()
}

export function lossOf(
  { loss, labelSmoothing, balanced }: Recipe,
  labels: readonly string[],
  samples: readonly Sample[],
): Loss {
  const options = { labelSmoothing, ...(balanced && { classWeights: balancedWeights(labels, samples) }) }
  return { 'cross-entropy': crossEntropy, bce: binaryCrossEntropy, focal }[loss](options)
}

export const distillationOf = ({ distillation, distillationAlpha, temperature }: Recipe): Distillation => ({
  type: distillation,
  alpha: distillationAlpha,
  temperature,
})

/** Weights in inverse proportion to the pictures of each class, 1 where all have the same. */
function balancedWeights(labels: readonly string[], samples: readonly Sample[]): number[] {
  return countPerClass(labels, samples).map((count) => samples.length / (labels.length * Math.max(count, 1)))
}

export function augmentationOf({ minCrop, augment, colourJitter, erasing, repeats }: Recipe): Augmentation {
  return {
    cropScale: [minCrop, 1],
    ...(augment === 'three' ? { threeAugment: true } : augment !== '' && { randAugment: augment }),
    ...(colourJitter > 0 && {
      colourJitter: { brightness: colourJitter, contrast: colourJitter, saturation: colourJitter },
    }),
    ...(erasing > 0 && { erasing: { probability: erasing, mode: 'pixel' as const } }),
    ...(repeats > 1 && { repeats }),
  }
}

/** Every batch is mixed, and where both ways are on, each has half of them, as DeiT does it. */
export const mixOptionsOf = ({ mixup, cutmix }: Recipe): MixOptions => ({
  mixup,
  cutmix,
  probability: 1,
  switchProbability: 0.5,
})

/** What learns, how fast, and within which limits. @throws UserError where nothing would learn */
export function updateOptionsOf(
  recipe: Recipe,
  vit: ViT,
): Pick<TrainStepOptions, 'trainable' | 'learningRateScale' | 'clipNorm' | 'ema'> {
  const { freeze, unfreezeLast, lora, layerDecay, clipNorm, ema } = recipe
  if (lora > 0 && (freeze || unfreezeLast > 0))
    throw new UserError('--lora says what learns, and so do --freeze and --unfreeze-last: give one of them')
  const chosen = { freeze: freeze.split(',').filter(Boolean), ...(unfreezeLast > 0 && { unfreezeLast }) }
  return {
    trainable: lora > 0 ? loraLearns : learning(vit, chosen),
    ...(layerDecay < 1 && { learningRateScale: layerDecayScale(vit.config, layerDecay) }),
    ...(clipNorm > 0 && { clipNorm }),
    ...(ema > 0 && { ema: { decay: ema, warmup: true } }),
  }
}
