export {
  type Checkpoint,
  type EpochMetrics,
  hasCheckpoint,
  loadCheckpoint,
  type Progress,
  saveCheckpoint,
} from './checkpoint.js'
export { type ExportedGraph, exportTrainingStep, type TrainingExport, type TrainingManifest } from './export-step.js'
export { type FreezeOptions, learning } from './freeze.js'
export { layerDecayScale } from './layer-decay.js'
export * from './learning-rate-finder.js'
export { type LinearProbeOptions, type LinearProbeResult, linearProbe } from './linear-probe.js'
export { addLora, type LoraOptions, mergeLora } from './lora.js'
export * from './losses/index.js'
export { estimateMemory, type MemoryEstimate, requireMemory } from './memory-estimate.js'
export { drawMixInputs, mixPixels } from './mixing.js'
export * from './optimizers/index.js'
export { type RangeTestOptions, rangeTest } from './range-test.js'
export type { Recipe, RunIdentity } from './recipe.js'
export { defaultRecipe, type RecipeName, recipes } from './recipes.js'
export { classesKey } from './resume.js'
export * from './schedule.js'
export { sessionState } from './session-state.js'
export { compileGradientStep, compileUpdateStep, type GradientStep } from './split-step.js'
export { Teacher, type TeacherOptions } from './teacher.js'
export { TensorBoardWriter, TrainingLog } from './tensorboard/index.js'
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
export { train } from './trainer.js'
export { Interrupted, type StepReport, type TrainerOptions, type TrainingResult } from './trainer-options.js'
