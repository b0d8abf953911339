export { bindDimensions, copyNodes, neededNodes } from './bind.js'
export type { ByteSource } from './byte-source.js'
export { decodeModel, externalLocations } from './decode-model.js'
export * from './dim.js'
export {
  type EncodedModel,
  encodeInMemory,
  encodeMapped,
  encodeModel,
  encodeModelFiles,
  largestModelFile,
  weightBytes,
} from './encode-model.js'
export { Graph, GraphError, type GraphOptions } from './graph.js'
export {
  type Attribute,
  type Attributes,
  float,
  int,
  ints,
  Node,
  NodeError,
  string,
  type TensorType,
  Value,
} from './node.js'
export type { Operand } from './ops/common.js'
export * as ops from './ops/index.js'
export { type OnnxModel, readModel } from './read-model.js'
export { isTyped, type Replacement, type Rule, rewrite } from './rewrite.js'
export * from './tensor.js'
export type { ExternalData } from './tensor-proto.js'
export { writeModel, writeModelPieces } from './write-model.js'
