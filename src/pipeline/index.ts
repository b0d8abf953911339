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
  writeOnnx,
} from './model.js'
export { configJson, configOf } from './vit-config.js'
