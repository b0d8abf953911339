import type { Recipe } from './recipe.js'

/** Fine-tuning a pretrained model: the default. */
const finetune: Recipe = {
  epochs: 10,
  patience: 0,
  keep: 0,
  batchSize: 16,
  accumulate: 1,
  checkpointing: false,
  learningRate: 2e-4,
  schedule: 'cosine',
  warmupSteps: 20,
  finalShare: 0,
  optimizer: 'adamw',
  momentum: 0.9,
  nesterov: false,
  weightDecay: 0.05,
  layerDecay: 0.75,
  clipNorm: 1,
  ema: 0,
  loss: 'cross-entropy',
  labelSmoothing: 0.1,
  balanced: false,
  dropPath: 0.1,
  minCrop: 0.35,
  augment: '',
  colourJitter: 0,
  erasing: 0,
  repeats: 1,
  mixup: 0,
  cutmix: 0,
  freeze: '',
  unfreezeLast: 0,
  lora: 0,
  // DeiT's, and the temperature of its soft distillation.
  teacher: '',
  distillation: 'hard',
  distillationAlpha: 0.5,
  temperature: 3,
  seed: 0,
}

/** Nothing but cross-entropy and a plain optimizer; the others say what they add. */
const plain: Recipe = { ...finetune, layerDecay: 1, dropPath: 0, labelSmoothing: 0, minCrop: 0.08, clipNorm: 0 }

/** Recipes by name. */
export const recipes = {
  finetune,
  /** The head alone, from features that are computed once (see `linearProbe`): all but the batch size is of no account. */
  'linear-probe': { ...plain, epochs: 1, freeze: 'backbone' },
  /** All layers alike, as small models from scratch want it. */
  simple: { ...finetune, learningRate: 1e-4, layerDecay: 1, dropPath: 0 },
  /**
   * The Paddle notes' model from scratch, with their head of two layers (weights that are loaded get a linear one): they
   * tell how it starts, as all models from scratch do here, and nothing of training, so these are the values of `simple`.
   */
  paddle: { ...finetune, learningRate: 1e-4, layerDecay: 1, dropPath: 0 },
  /** The ONNX notes' (WZM's) PyTorch training: SGD, and nothing learns but the head. */
  wzm: {
    ...plain,
    batchSize: 8,
    learningRate: 1e-3,
    schedule: 'epoch-cosine',
    warmupSteps: 0,
    finalShare: 0.01,
    optimizer: 'sgd',
    weightDecay: 5e-5,
    freeze: 'backbone',
  },
  /** Google's fine-tuning (Dosovitskiy et al., 2020, B.1.1), whose batches of 512 are made of smaller ones. */
  google: {
    ...plain,
    batchSize: 16,
    accumulate: 32,
    learningRate: 0.03,
    warmupSteps: 500,
    optimizer: 'sgd',
    weightDecay: 0,
    clipNorm: 1,
  },
  /** DeiT's training from scratch (Touvron et al., 2020), with its learning rate for batches of 16 · 4. */
  deit: {
    ...plain,
    epochs: 300,
    accumulate: 4,
    learningRate: (5e-4 * 64) / 512,
    warmupSteps: 1000,
    finalShare: 0.02,
    labelSmoothing: 0.1,
    dropPath: 0.1,
    augment: 'rand-m9-mstd0.5-inc1',
    erasing: 0.25,
    repeats: 3,
    mixup: 0.8,
    cutmix: 1,
    ema: 0.99996,
  },
} satisfies Record<string, Recipe>

export type RecipeName = keyof typeof recipes

/** The recipe for fine-tuning. */
export const defaultRecipe: Recipe = recipes.finetune
