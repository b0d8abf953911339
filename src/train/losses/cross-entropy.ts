import { div, gather, logSoftmax, mul, neg, reduceSum } from '../../onnx/ops/index.js'
import {
  areLabels,
  type ClassWeightOptions,
  type Loss,
  type SmoothingOptions,
  sizesOf,
  targetShares,
  weightVector,
} from './loss.js'

/**
 * Cross-entropy with the softmax, the mean over the batch, in the form of PyTorch's `CrossEntropyLoss`. With class
 * weights the mean over labels divides by the sum of the labels' weights, that over shares of classes by the batch.
 */
export function crossEntropy({ labelSmoothing = 0, classWeights }: SmoothingOptions & ClassWeightOptions = {}): Loss {
  return (logits, targets) => {
    const [batch, classes] = sizesOf(logits)
    const likelihoods = mul(targetShares(targets, classes, labelSmoothing), logSoftmax(logits))
    const total = (terms: typeof likelihoods) => neg(reduceSum(terms, [0, 1], false))
    if (!classWeights) return mul(total(likelihoods), 1 / batch)
    const weights = weightVector(logits, classWeights)
    const loss = total(mul(likelihoods, weights))
    return areLabels(targets) ? div(loss, reduceSum(gather(weights, targets, 0), [0], false)) : mul(loss, 1 / batch)
  }
}
