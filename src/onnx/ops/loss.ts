import type { Node, Value } from '../node.js'
import type { Schema } from '../schema.js'

/** Schemas of losses as single operators. */

/** One number, or one for each label. */
const lossType = (node: Node, scores: Value, labels: Value) => ({
  dtype: scores.dtype,
  shape: node.string('reduction', 'mean') === 'none' ? labels.shape : [],
})

export const lossSchemas: Record<string, Schema> = {
  NegativeLogLikelihoodLoss: (node) => lossType(node, node.input(0), node.input(1)),
  /** The loss and the logarithms of the probabilities. */
  SoftmaxCrossEntropyLoss: (node) => {
    const scores = node.input(0)
    return [lossType(node, scores, node.input(1)), { dtype: scores.dtype, shape: scores.shape }]
  },
}
