import type { Node, Value } from '../onnx/index.js'

/** What a part of a graph can be recognised as, by its structure alone. */
export type PartKind =
  // The three stages, and what they consist of.
  | 'preprocessing'
  | 'encoder'
  | 'postprocessing'
  | 'patchEmbedding'
  | 'classToken'
  | 'distillationToken'
  | 'registerTokens'
  | 'positionEmbedding'
  | 'encoderLayer'
  | 'pooling'
  | 'head'
  // What an encoder layer consists of.
  | 'attention'
  | 'scaledDotProduct'
  | 'mlp'
  | 'swiGlu'
  | 'residual'
  | 'layerScale'
  | 'layerNorm'
  | 'rmsNorm'
  | 'linear'
  | 'gelu'
  | 'silu'
  | 'activation'
  | 'softmax'
  // What computes no features.
  | 'shapeArithmetic'
  | 'layout'
  | 'other'

/**
 * Nodes of a graph that are one thing together, such as the nine of a LayerNorm. Parts contain parts; every node that is
 * no constant belongs to exactly one innermost part.
 */
export interface Part {
  kind: PartKind
  /** Unique, in timm's words where it has some: `patch_embed`, `blocks.3.attn.qkv`, `norm`, `head`. */
  name: string
  /** All nodes, those of inner parts included, in the order of the graph. */
  nodes: readonly Node[]
  /** What it computes from: values from outside that are no constants. In the order of the operation: query, key, value. */
  inputs: readonly Value[]
  outputs: readonly Value[]
  /** Its own constants by their role, such as `weight` and `bias`; those of inner parts are theirs. */
  weights: Readonly<Record<string, Value>>
  /** What was read off it, such as `{ heads: 12, headDim: 64, form: 'one product, split by Gather' }`. */
  details: Readonly<Record<string, string | number | boolean>>
  parts: readonly Part[]
}
