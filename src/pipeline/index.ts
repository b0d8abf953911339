export { Classifier, type Prediction, softmax, topPredictions } from './classifier.js'
export { type EvaluateOptions, type Evaluation, evaluate, type SampleResult } from './evaluate.js'
export {
  inferenceGraph,
  type LoadModelOptions,
  loadModel,
  loadModelConfig,
  type Model,
  pictureGraph,
  readJson,
  saveModel,
} from './model.js'
export { encodeForRuntime, type OnnxFile, readOnnx, writeOnnx } from './onnx-file.js'
export { configJson, configOf } from './vit-config.js'
