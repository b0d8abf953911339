export { decodeImage, ImageError, type RgbImage } from './decode.js'
export { renderSvg, thumbnail } from './encode.js'
export { augmentationGraph, evaluationGraph, evaluationPixels } from './preprocess-graph.js'
export { type Crop, Preprocessor } from './preprocessor.js'
export {
  defaultPreprocessor,
  type PreprocessorConfig,
  parsePreprocessorConfig,
  parseTimmConfig,
  toPreprocessorJson,
} from './preprocessor-config.js'
