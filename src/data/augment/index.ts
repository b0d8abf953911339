export {
  type Augmentation,
  augmentPixels,
  checkAugmentation,
  meanColour,
  trainingOrder,
} from './augmentation.js'
export { type CropOptions, randomFlip, randomResizedCrop } from './crop.js'
export { type Erasing, erase } from './erase.js'
export type { ColourJitter } from './jitter.js'
export { drawMix, type Mix, type MixOptions } from './mix.js'
export { parseRandAugment, type RandAugment } from './rand-augment.js'
