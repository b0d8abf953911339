/** The hyperparameters of a run. Two runs with the same recipe, data and threads end with the same weights. */
export interface Recipe {
  epochs: number
  /** Stops after so many epochs that were no better than one before; 0 for never. */
  patience: number
  /** Keeps the weights of so many last epochs, besides the best. */
  keep: number
  /** Samples that go through the model together. */
  batchSize: number
  /** So many batches make one step of the optimizer. */
  accumulate: number
  /** Whether each encoder layer's values are computed again in the backward pass: less memory, more time. */
  checkpointing: boolean
  /** The highest learning rate. */
  learningRate: number
  /** How it falls; `epoch-cosine` stays the same within each epoch, as in the ONNX notes. */
  schedule: 'cosine' | 'linear' | 'step' | 'one-cycle' | 'epoch-cosine'
  /** Steps of linear rise at the start. */
  warmupSteps: number
  /** The learning rate at the end, as a share of the highest. */
  finalShare: number
  optimizer: 'adamw' | 'sgd' | 'lamb' | 'lion' | 'adafactor'
  /** Of SGD. */
  momentum: number
  nesterov: boolean
  weightDecay: number
  /** What each layer's learning rate is multiplied with compared to the one above; 1 for none. */
  layerDecay: number
  /** The largest global norm of the gradients; 0 for any. */
  clipNorm: number
  /** How slowly the averaged weights, which are then the result, follow those that learn; 0 for none. */
  ema: number
  loss: 'cross-entropy' | 'bce' | 'focal'
  labelSmoothing: number
  /** Whether rare classes count more, in inverse proportion to their pictures. */
  balanced: boolean
  /** Stochastic depth of the last layer. */
  dropPath: number
  /** The smallest share of a picture's area that random crops show. */
  minCrop: number
  /** RandAugment as timm writes it, such as `rand-m9-mstd0.5-inc1`; `three` for three-augment; empty for neither. */
  augment: string
  /** How far brightness, contrast and saturation are moved, as a share. */
  colourJitter: number
  /** The chance that a part of a picture is erased. */
  erasing: number
  /** How often each picture of an epoch comes, each time augmented anew. */
  repeats: number
  /** The parameters of the distributions that mixup and CutMix draw from; 0 for none. */
  mixup: number
  cutmix: number
  /** What keeps its values: `backbone`, or names of timm's that parameters begin with, with commas between; empty for nothing. */
  freeze: string
  /** Only so many last layers learn, with what comes after them; 0 for no such limit. */
  unfreezeLast: number
  /** The rank of LoRA's changes to the attention's projections, which then learn in place of all but the head; 0 for none. */
  lora: number
  /** The classifier that is learned from as well as from the labels; empty for none. */
  teacher: string
  /** Whether its probabilities are learned, or the class that it would give. */
  distillation: 'soft' | 'hard'
  /** How much it counts; the labels count one minus it. */
  distillationAlpha: number
  /** Softens the probabilities of both, for `soft`. */
  temperature: number
  seed: number
}

/** What decides about a run, as text: what a checkpoint keeps to compare. */
export type RunIdentity = Record<string, string>

/** The recipe by the names of its flags, such as `--batch-size`, and what else must stay the same. */
export function identify(recipe: Recipe, others: RunIdentity = {}): RunIdentity {
  const flags = Object.entries(recipe).map(([key, value]) => [flagOf(key), String(value)])
  return { ...Object.fromEntries(flags), ...others }
}

const flagOf = (key: string) =>
  key === 'learningRate' ? '--lr' : `--${key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
