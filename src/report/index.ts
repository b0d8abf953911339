export type { Example, ReportData } from './data.js'
export { type ModelCardData, renderModelCard } from './model-card.js'
export { type ReportAssets, renderReport } from './report.js'
