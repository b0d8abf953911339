export {
  type Augmentation,
  type ColourJitter,
  type CropOptions,
  checkAugmentation,
  drawMix,
  type Erasing,
  type Mix,
  type MixOptions,
  parseRandAugment,
  type RandAugment,
  randomFlip,
  randomResizedCrop,
} from './augment/index.js'
export { type BrokenImage, type CheckedImages, checkImages, requireEveryClass } from './check-images.js'
export { mapConcurrently } from './concurrent.js'
export { warnOfCopies } from './copies.js'
export { readDataSet, readJudgedSamples } from './data-set.js'
export { findPictures, type ImageFolder, readImageFolder, type Sample } from './image-folder.js'
export { countPerClass, type DataSet, imbalanceOf } from './labelled.js'
export {
  type Batch,
  BatchLoader,
  batchesPerEpoch,
  type EpochOptions,
  type Loader,
  mirrored,
  PictureLoader,
} from './loader.js'
export { type Draw, LocalPictures, type PictureSource } from './pictures.js'
export { readImage } from './read-image.js'
export { splitAsPython, splitPerClass } from './split.js'
