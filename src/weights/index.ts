export { type AdaptedTensors, adaptTensors, type Library } from './adapt/index.js'
export { readWeights, type Weights } from './checkpoint.js'
export { largestFloat16, toFloat16, toFloat32 } from './float16.js'
export {
  type HuggingFaceConfig,
  huggingFaceActivations,
  parseHuggingFaceConfig,
  writeHuggingFaceConfig,
} from './huggingface-config.js'
export {
  type CanonicalWeights,
  fromCanonical,
  type HuggingFaceType,
  type Source,
  type Target,
  toCanonical,
} from './names/index.js'
export { hasWeights, readTensors, type TensorFile } from './read-tensors.js'
export { parseSafetensors, type Safetensors, serializeSafetensors } from './safetensors.js'
