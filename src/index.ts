/** The parts of Vitrine that most programs need; the folders under `vitrine/…` have the rest. */
export { gradients } from './autodiff/index.js'
export { UserError } from './errors.js'
export { decodeImage, evaluationGraph, Preprocessor, type PreprocessorConfig } from './image/index.js'
export { preset, publishedModels, ViT, type ViTConfig } from './nn/index.js'
export { bindDimensions, decodeModel, encodeModel, Graph, type Tensor, tensor } from './onnx/index.js'
export {
  Classifier,
  evaluate,
  inferenceGraph,
  loadModel,
  type Model,
  type Prediction,
  saveModel,
  vitFromOnnx,
} from './pipeline/index.js'
export type { Files } from './runtime/files.js'
export type { Runtime, Session, SessionOptions, Tensors } from './runtime/session.js'
export { adamw, compileTrainStep, crossEntropy, defaultRecipe, type Recipe, sgd, train } from './train/index.js'
