import type { Recipe } from '../train/index.js'

/** What a recipe alone does not say of a run. */
export interface RunStart {
  /** Pictures to learn from. */
  pictures: number
  pretrained: boolean
}

/** A recipe in sentences, for those who do not know the names of its settings. */
export function describeRecipe(recipe: Recipe, { pictures, pretrained }: RunStart): string[] {
  const { epochs, patience, batchSize, learningRate, warmupSteps, optimizer, weightDecay, clipNorm } = recipe
  const steps = epochs * Math.floor(pictures / batchSize)
  return [
    pretrained
      ? 'Training started from pretrained weights, with a new head for these classes.'
      : 'Training started from random weights.',
    `The model saw ${pictures.toLocaleString('en')} pictures ${patience > 0 ? 'at most ' : ''}${times(epochs)}, ${batchSize} at a time: ${steps.toLocaleString('en')} steps.`,
    ...(patience > 0 ? [`It was to stop after ${patience} epochs in a row that were no better than one before.`] : []),
    `${optimizers[optimizer] ?? optimizer} changed the weights, at a learning rate that rose to ${learningRate} over ${warmupSteps} steps and then fell to zero along a cosine.`,
    `Weights decayed by ${weightDecay} times the learning rate a step, and gradients longer than ${clipNorm} were shortened to that.`,
    `Pictures were cropped at random to between ${Math.round(100 * recipe.minCrop)} % and all of their area, and half of them mirrored.`,
    ...(recipe.labelSmoothing > 0
      ? [
          `Labels were smoothed by ${recipe.labelSmoothing}, so that the model does not learn to be surer than it can be.`,
        ]
      : []),
  ]
}

const optimizers: Record<string, string> = { adamw: 'AdamW', sgd: 'SGD' }

const times = (count: number) => (count === 1 ? 'once' : count === 2 ? 'twice' : `${count} times each`)
