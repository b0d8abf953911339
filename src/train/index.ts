export {
  type Checkpoint,
  type EpochMetrics,
  hasCheckpoint,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from './checkpoint.js'
export * from './losses/index.js'
export { drawMix, type MixOptions, mixPixels } from './mixing.js'
export * from './optimizers/index.js'
export { defaultRecipe, type Recipe, type RunIdentity } from './recipe.js'
export * from './schedule.js'
export { compileGradientStep, compileUpdateStep, type GradientStep } from './split-step.js'
export {
  type AverageOptions,
  compileTrainStep,
  decaysByDefault,
  type GradientOptions,
  type StateEntry,
  type TrainStep,
  type TrainStepOptions,
  type UpdateOptions,
} from './train-step.js'
export {
  Interrupted,
  type StepReport,
  type TrainerOptions,
  type TrainingResult,
  train,
} from './trainer.js'
