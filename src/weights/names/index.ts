export { fromCanonical, type Target } from './from-canonical.js'
export type { HuggingFaceType, Source } from './table.js'
export { type CanonicalWeights, toCanonical } from './to-canonical.js'
