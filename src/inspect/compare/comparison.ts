import type { Shape } from '../../onnx/index.js'

/**
 * What differs between two models, as plain data: `vitrine inspect a.onnx --compare b.onnx --json` prints it. Lists are
 * empty where nothing differs. New fields may be added; where one changes its meaning or goes away, `version` rises.
 */
export interface Comparison {
  version: 1
  /** How the two are called. */
  names: { a: string; b: string }
  /** What the files say of themselves and what the models are: `opset`, `producer`, `nodes`, `config.depth`, … */
  facts: readonly FactDifference[]
  /** Parts that only one of them has, or that are something else or made otherwise. Parts are aligned by their names. */
  parts: readonly PartDifference[]
  weights: WeightsComparison
  /** Operators that occur more often in one of them. */
  ops: readonly { op: string; a: number; b: number }[]
  /** What both compute from the same input; left out where they were not run. */
  results?: ResultsComparison
  /** What could not be compared, and why. */
  notes: readonly string[]
}

/** Something that both models say, or have, and that differs. */
export interface FactDifference {
  what: string
  a: string
  b: string
}

export interface PartDifference {
  /** The part's name, as `blocks.3.attn.qkv`. */
  name: string
  /** `only in a`, `kind`, `output shape`, or the detail that differs, such as `form` or `epsilon`. */
  what: string
  a: string
  b: string
}

export interface WeightsComparison {
  /** How many weights were compared; a product for queries, keys and values counts as three. */
  compared: number
  /** How many of them are equal to the last bit. */
  equal: number
  /** Those that are not, the largest relative difference first. */
  different: readonly WeightDifference[]
  /** Those that are integers, as quantized weights are, in one model and floats in the other. */
  quantized: readonly string[]
  /** Weights that only one of the models has, by their names. */
  onlyA: readonly string[]
  onlyB: readonly string[]
}

export interface WeightDifference extends NumericDifference {
  /** Part and role, as `blocks.3.mlp.fc1.weight`; of what has no part, the initializer's name. */
  name: string
  shapeA: Shape
  shapeB: Shape
}

/** How far apart numbers are. Infinite, which JSON writes as null, where shapes differ or only one side is a number. */
export interface NumericDifference {
  /** The largest difference of two elements. */
  absolute: number
  /** The same, as a share of the largest element of both. */
  relative: number
}

/** What both models compute from the same input. */
export interface ResultsComparison {
  /** The input was drawn at random from this seed. */
  seed: number
  /** By the names in the first model; outputs are aligned by their place. */
  outputs: readonly (NumericDifference & { name: string })[]
  /** What is between input and outputs, in the order of computation: outputs of layers, or values of equal names. */
  steps: readonly (NumericDifference & { name: string })[]
  /** The step from which on all differ by more than `deviation`; left out where the outputs do not. */
  firstDeviation?: string
  /** Where within that step: the outputs of its parts. */
  within: readonly (NumericDifference & { name: string })[]
}

/** The relative difference up to which two results are taken for the same: what float32 and reordered sums leave. */
export const deviation = 1e-3
