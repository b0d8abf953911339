export { type ByteSource, type OnnxModel, readModel, writeModel, writeModelPieces } from '../onnx/index.js'
export { type ComparedModel, compareModels, type RunOptions } from './compare/compare.js'
export type {
  Comparison,
  FactDifference,
  NumericDifference,
  PartDifference,
  ResultsComparison,
  WeightDifference,
  WeightsComparison,
} from './compare/comparison.js'
export { formatComparison } from './compare/format-comparison.js'
export { activationBytesOf, type Bindings, macsOf, views } from './cost.js'
export { formatSummary } from './format-summary.js'
export { costsOf, type NodeCost } from './inspection/costs.js'
export { countOperators, formatOperators, type OperatorCounts } from './inspection/folding.js'
export { formatInspection } from './inspection/format-inspection.js'
export { type InspectOptions, inspectModel } from './inspection/inspect-model.js'
export type { InspectedNode, InspectedPart, InspectedValue, Inspection, Totals } from './inspection/inspection.js'
export { bindSizes, chooseSizes, type Sizes } from './inspection/sizes.js'
export {
  type Comparison as OptimizationComparison,
  type OptimizationReport,
  type Optimized,
  type OptimizeOptions,
  optimize,
  type Rewrite,
  type Runnable,
  storeAsFloat16,
  type Times,
  type Trial,
  timeBoth,
} from './optimize/index.js'
export { paddleTable } from './paddle-table.js'
export type { Part, PartKind } from './part.js'
export { attributionTo } from './profile/attribution.js'
export { formatProfile } from './profile/format-profile.js'
export { type KernelTime, parseProfile } from './profile/kernel-times.js'
export { type Profile, summarizeProfile } from './profile/profile.js'
export { randomFeeds } from './random-feeds.js'
export { type LayerSummary, type Summary, type SummaryOptions, summarize } from './summary.js'
export { torchTable } from './torch-table.js'
export { everyPart } from './understand/counts.js'
export { understand } from './understand/understand.js'
export type { Difference, ModelKind, Understanding } from './understand/understanding.js'
