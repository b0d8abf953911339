export { type ByteSource, type OnnxModel, readModel } from '../onnx/index.js'
export { activationBytesOf, type Bindings, macsOf, views } from './cost.js'
export { formatSummary } from './format-summary.js'
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
export { type LayerSummary, type Summary, type SummaryOptions, summarize } from './summary.js'
export { torchTable } from './torch-table.js'
export { everyPart } from './understand/counts.js'
export { understand } from './understand/understand.js'
export type { Difference, ModelKind, Understanding } from './understand/understanding.js'
