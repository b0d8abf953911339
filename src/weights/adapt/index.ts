export { type AdaptedTensors, adaptTensors, type Library, type SourceShape, type TargetShape } from './adapt-tensors.js'
export type { Grid } from './position-embedding.js'
