export { type Crop, cropPicture } from './crop-picture.js'
export { decodeImage, ImageError, type RgbImage } from './decode.js'
export { preparationDifference } from './difference.js'
export { encodePng, renderSvg, thumbnail } from './encode.js'
export { parsePreprocessorConfig, toPreprocessorJson } from './huggingface-preprocessor.js'
export { preprocessorOf } from './library-preprocessors.js'
export { lumaOf, normalisePicture } from './normalise.js'
export { evaluationGraph, evaluationPixels } from './preprocess-graph.js'
export { Preprocessor } from './preprocessor.js'
export {
  defaultPreprocessor,
  type PreprocessorConfig,
  preprocessorOfChannels,
  preprocessorOfSize,
} from './preprocessor-config.js'
export { parseTimmConfig } from './timm-preprocessor.js'
export { toTimmFields } from './write-timm-preprocessor.js'
