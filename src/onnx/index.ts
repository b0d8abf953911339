export { bindDimensions, copyNodes, neededNodes } from './bind.js'
export * from './dim.js'
export { Graph, GraphError, type GraphOptions } from './graph.js'
export {
  decodeModel,
  type EncodedModel,
  encodeInMemory,
  encodeMapped,
  encodeModel,
  encodeModelFiles,
  externalLocations,
  largestModelFile,
  weightBytes,
} from './model-file.js'
export { type Attribute, type Attributes, float, int, ints, Node, string, type TensorType, Value } from './node.js'
export type { Operand } from './ops/common.js'
export * as ops from './ops/index.js'
export * from './tensor.js'
export type { ExternalData } from './tensor-proto.js'
