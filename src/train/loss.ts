import type { Value } from '../onnx/node.js'
import { logSoftmax, mul, neg, oneHot, reduceSum } from '../onnx/ops/index.js'

/** Emits a scalar loss from logits [batch, classes] and int64 labels [batch]. */
export type Loss = (logits: Value, labels: Value) => Value

/**
 * Cross-entropy, the mean over the batch. With smoothing ε the target is 1 - ε for the label plus ε/classes for every
 * class (Szegedy et al., 2016; as in PyTorch).
 */
export function crossEntropy({ labelSmoothing = 0 }: { labelSmoothing?: number } = {}): Loss {
  return (logits, labels) => {
    const [batch, classes] = logits.shape
    if (typeof batch !== 'number' || typeof classes !== 'number')
      throw new Error('the loss needs a fixed batch and class count')
    const low = labelSmoothing / classes
    const targets = oneHot(labels, classes, low, 1 - labelSmoothing + low)
    const likelihood = reduceSum(mul(targets, logSoftmax(logits)), [0, 1], false)
    return mul(neg(likelihood), 1 / batch)
  }
}
