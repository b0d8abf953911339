import type { Recipe } from '../train/index.js'

/** What a recipe alone does not say of a run. */
export interface RunStart {
  /** Pictures to learn from. */
  pictures: number
  pretrained: boolean
}

/** A recipe in sentences, for those who do not know the names of its settings. */
export function describeRecipe(recipe: Recipe, { pictures, pretrained }: RunStart): string[] {
  return [
    pretrained
      ? 'Training started from pretrained weights, with a new head for these classes.'
      : 'Training started from random weights.',
    ...whatLearns(recipe),
    ...howLong(recipe, pictures),
    learningRate(recipe),
    ...limits(recipe),
    loss(recipe),
    ...taught(recipe),
    ...pixels(recipe),
  ]
}

function whatLearns({ freeze, unfreezeLast, lora, layerDecay }: Recipe): string[] {
  return [
    ...(lora > 0
      ? [`Only the head and changes of rank ${lora} to the attention’s projections learned (LoRA, merged in the end).`]
      : []),
    ...(freeze === 'backbone'
      ? ['Only the head learned.']
      : freeze
        ? [`What begins with ${freeze} did not learn.`]
        : []),
    ...(unfreezeLast > 0 ? [`Only the last ${unfreezeLast} layers learned, and what comes after them.`] : []),
    ...(layerDecay < 1 ? [`Each layer learned ${layerDecay} times as fast as the one above it.`] : []),
  ]
}

function howLong({ epochs, patience, batchSize, accumulate, repeats }: Recipe, pictures: number): string[] {
  const steps = Math.floor(pictures / batchSize / accumulate) * epochs
  const together = accumulate > 1 ? `${batchSize} × ${accumulate}` : String(batchSize)
  const most = patience > 0 ? 'at most ' : ''
  return [
    `The model saw ${pictures.toLocaleString('en')} pictures in ${most}${plural(epochs, 'epoch')}, ${together} to a step: ${most}${plural(steps, 'step')}.`,
    ...(repeats > 1 ? [`Each picture of an epoch came ${repeats} times, augmented anew.`] : []),
    ...(patience > 0 ? [`It was to stop after ${plural(patience, 'epoch')} in a row without a better one.`] : []),
  ]
}

const optimizers: Record<Recipe['optimizer'], string> = {
  adamw: 'AdamW',
  sgd: 'SGD',
  lamb: 'LAMB',
  lion: 'Lion',
  adafactor: 'Adafactor',
}

const falls: Record<Recipe['schedule'], string> = {
  cosine: 'fell along a cosine',
  linear: 'fell along a line',
  step: 'fell in steps',
  'one-cycle': 'rose and fell in one cycle',
  'epoch-cosine': 'fell along a cosine, epoch by epoch',
}

function learningRate({ optimizer, learningRate, warmupSteps, schedule }: Recipe): string {
  const course =
    warmupSteps > 0
      ? `that rose to ${learningRate} over ${plural(warmupSteps, 'step')} and then ${falls[schedule]}`
      : `of at most ${learningRate} that ${falls[schedule]}`
  return `${optimizers[optimizer]} changed the weights, at a learning rate ${course}.`
}

function limits({ weightDecay, clipNorm, ema, dropPath }: Recipe): string[] {
  return [
    ...(weightDecay > 0 ? [`The weight decay was ${weightDecay}.`] : []),
    ...(clipNorm > 0 ? [`Gradients longer than ${clipNorm} were shortened to that.`] : []),
    ...(dropPath > 0
      ? [`Layers were left out at random, the last with a chance of ${dropPath} (stochastic depth).`]
      : []),
    ...(ema > 0 ? [`The result is a running average of the weights (decay ${ema}).`] : []),
  ]
}

const losses: Record<Recipe['loss'], string> = {
  'cross-entropy': 'cross-entropy',
  bce: 'binary cross-entropy of each class',
  focal: 'the focal loss',
}

function loss({ loss, labelSmoothing, balanced }: Recipe): string {
  const smoothing = labelSmoothing > 0 ? `, with labels smoothed by ${labelSmoothing}` : ''
  const weights = balanced ? ', in which rare classes count more' : ''
  return `It learned to make ${losses[loss]} small${smoothing}${weights}.`
}

function taught({ teacher, distillation, distillationAlpha, temperature }: Recipe): string[] {
  if (!teacher) return []
  const what =
    distillation === 'hard'
      ? 'the class that it gives'
      : `its probabilities, softened by a temperature of ${temperature}`
  return [
    `It also learned from the model ${teacher} (distillation): ${what}, which counted ${distillationAlpha} and the labels ${+(1 - distillationAlpha).toFixed(4)}.`,
  ]
}

function pixels({ minCrop, augment, colourJitter, erasing, mixup, cutmix }: Recipe): string[] {
  const others = [
    ...(augment === 'three' ? ['three-augment'] : augment ? [`RandAugment (${augment})`] : []),
    ...(colourJitter > 0 ? [`colours moved by up to ${Math.round(100 * colourJitter)} %`] : []),
    ...(erasing > 0 ? [`a part erased with a chance of ${erasing}`] : []),
    ...(mixup > 0 ? [`mixup (${mixup})`] : []),
    ...(cutmix > 0 ? [`CutMix (${cutmix})`] : []),
  ]
  return [
    `Pictures were cropped at random to between ${Math.round(100 * minCrop)} % and all of their area, and half of them mirrored.`,
    ...(others.length > 0 ? [`Besides: ${others.join(', ')}.`] : []),
  ]
}

const plural = (count: number, noun: string) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`
