export { decodeImage, ImageError, type RgbImage } from './decode.js'
export { preparationDifference } from './difference.js'
export { encodePng, renderSvg, thumbnail } from './encode.js'
export { parsePreprocessorConfig, toPreprocessorJson } from './huggingface-preprocessor.js'
export { preprocessorOf } from './library-preprocessors.js'
export { augmentationGraph, evaluationGraph, evaluationPixels } from './preprocess-graph.js'
export { type Crop, Preprocessor } from './preprocessor.js'
export {
  defaultPreprocessor,
  type PreprocessorConfig,
  preprocessorOfChannels,
  preprocessorOfSize,
} from './preprocessor-config.js'
export { parseTimmConfig } from './timm-preprocessor.js'
export { toTimmFields } from './write-timm-preprocessor.js'
