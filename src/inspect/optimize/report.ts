import type { NumericDifference } from '../compare/comparison.js'

/** What was done to a graph. */
export interface Rewrite {
  name: string
  nodesBefore: number
  nodesAfter: number
}

/** How far the optimised model's results are from the original's, for one set of inputs. */
export interface Comparison extends NumericDifference {
  /** Such as `random, batch 3`, or the name of a photo. */
  inputs: string
}

/** All that there is to tell of an optimisation. */
export interface OptimizationReport {
  rewrites: readonly Rewrite[]
  /** Passes that were left out, with the relative difference that they would have made. */
  leftOut: readonly { name: string; relative: number }[]
  comparisons: readonly Comparison[]
  /** Over all comparisons. */
  largestDifference: NumericDifference
  nodes: { before: number; after: number }
  opset: { before: number; after: number }
  notes: readonly string[]
}
