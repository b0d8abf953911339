import type { ViTConfig } from '../../nn/index.js'
import type { DType, Shape } from '../../onnx/index.js'
import type { PartKind } from '../part.js'
import type { ModelKind } from '../understand/understanding.js'

/**
 * All that is told of a model file, as plain data: `vitrine inspect --json` prints it. New fields may be added; where a
 * field changes its meaning or goes away, `version` rises.
 */
export interface Inspection {
  version: 1
  file: InspectedFile
  inputs: readonly InspectedValue[]
  outputs: readonly InspectedValue[]
  totals: Totals
  /** The numbers that costs were computed with, for the symbols in the shapes of the inputs: `{ batch: 1 }`. */
  sizes: Readonly<Record<string, number>>
  /** What the graph was recognised as. */
  kind: ModelKind
  sentence: string
  /** The options of Vitrine's own ViT that computes the same, as far as they were recognised. */
  config?: Partial<ViTConfig>
  /** What is not as in a ViT; `node` is an index into `nodes`, and what is minor does not change what is computed. */
  differences: readonly { what: string; node?: number; isMinor?: boolean }[]
  /** How many parts there are of each kind. */
  counts: Readonly<Record<PartKind, number>>
  /** The tree of recognised parts: preprocessing, encoder, postprocessing. */
  stages: readonly InspectedPart[]
  /** All nodes, in the order of the file; functions are inlined. */
  nodes: readonly InspectedNode[]
  /** All initializers that nodes use. */
  constants: readonly InspectedValue[]
  /** What was odd in the file, is not known here, or had to be assumed. */
  notes: readonly string[]
}

/** The file itself. */
export interface InspectedFile {
  path?: string
  /** With the files beside it that hold weights. */
  bytes?: number
  /** Such as `pytorch 2.6.0`; empty where the file does not say. */
  producer: string
  irVersion: number
  /** By domain; `''` is the default one. */
  opsets: Readonly<Record<string, number>>
  metadata: Readonly<Record<string, string>>
}

/** A value of the graph. Where type and shape are not known, they are left out. */
export interface InspectedValue {
  name: string
  dtype?: DType
  shape?: Shape
}

/** A recognised part. All counts include the parts inside. */
export interface InspectedPart {
  kind: PartKind
  /** Unique, in timm's words where it has some, such as `blocks.3.attn.qkv`. */
  name: string
  /** Indices into `nodes`, those of inner parts included. */
  nodes: readonly number[]
  inputs: readonly InspectedValue[]
  outputs: readonly InspectedValue[]
  /** Its own constants by their role. */
  weights: Readonly<Record<string, InspectedValue>>
  details: Readonly<Record<string, string | number | boolean>>
  /** Learned values. */
  parameters: number
  /** Null where sizes are not known. */
  macs: number | null
  parts: readonly InspectedPart[]
}

/** One node of the graph. */
export interface InspectedNode {
  name: string
  op: string
  /** `''` is the default one. */
  domain: string
  /** Names of values; `''` where an optional one is left out. */
  inputs: readonly string[]
  outputs: readonly InspectedValue[]
  /** By name; tensors as `float32[2, 3]`. */
  attributes: Readonly<Record<string, string | number | readonly (string | number)[]>>
  /** Whether it gives the same for every input: runtimes compute it once, when they load the model. */
  isConstant: boolean
  /** The innermost part that it belongs to; constants belong to none. */
  part?: string
  /** Learned values among its inputs. */
  parameters: number
  /** Multiply-accumulate operations of matrix products and convolutions; null where sizes are not known. */
  macs: number | null
  /** What its results take; 0 for views such as Reshape, null where sizes are not known. */
  bytes: number | null
}

/** Sums over the whole graph. */
export interface Totals {
  nodes: number
  /** Nodes that give the same for every input. */
  constantNodes: number
  /** Nodes that only compute with sizes. */
  shapeNodes: number
  /** Learned values. */
  parameters: number
  /** What all constants take. */
  weightBytes: number
  /** Null where they are known of no node; else of those that they are known of. */
  macs: number | null
  /** What the results of all nodes take, were they all kept, as for training. */
  activationBytes: number
  /** What results take at most at one time, when each is freed after its last use. */
  peakActivationBytes: number
  /** Nodes whose cost is not known. */
  unknownCosts: number
}
