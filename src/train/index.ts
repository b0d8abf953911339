export {
  type Checkpoint,
  type EpochMetrics,
  hasCheckpoint,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from './checkpoint.js'
export { crossEntropy, type Loss } from './loss.js'
export { type AdamWOptions, adamw, type Optimizer, type SgdOptions, sgd } from './optimizers.js'
export { defaultRecipe, type Recipe, type RunIdentity } from './recipe.js'
export { type Schedule, type WarmupCosineOptions, warmupCosine } from './schedule.js'
export {
  compileTrainStep,
  decaysByDefault,
  type StateEntry,
  type TrainStep,
  type TrainStepOptions,
} from './train-step.js'
export {
  Interrupted,
  type StepReport,
  type TrainerOptions,
  type TrainingResult,
  train,
} from './trainer.js'
