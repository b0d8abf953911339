export { activationBytesOf, type Bindings, macsOf } from './cost.js'
export { formatSummary } from './format-summary.js'
export { type LayerSummary, type Summary, type SummaryOptions, summarize } from './summary.js'
