export { batchPicture } from './batch-picture.js'
export type { PngImage } from './event.js'
export { TrainingLog } from './training-log.js'
export { TensorBoardWriter } from './writer.js'
