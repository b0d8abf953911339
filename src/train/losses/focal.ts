import { exp, logSoftmax, max, mul, neg, pow, reduceSum, sub } from '../../onnx/ops/index.js'
import {
  type ClassWeightOptions,
  type Loss,
  type SmoothingOptions,
  sizesOf,
  targetShares,
  weightVector,
} from './loss.js'

export interface FocalOptions extends SmoothingOptions, ClassWeightOptions {
  /** γ: how much less samples count that are right already; 0 is cross-entropy. */
  gamma?: number
}

/**
 * Focal loss (Lin et al., "Focal Loss for Dense Object Detection", 2017) for classes that exclude each other: the mean
 * over the batch of -α(1 - p)^γ·log p, with the softmax p of the label and its class weight α.
 */
export function focal({ gamma = 2, labelSmoothing = 0, classWeights }: FocalOptions = {}): Loss {
  return (logits, targets) => {
    const [batch, classes] = sizesOf(logits)
    const logProbabilities = logSoftmax(logits)
    // Above zero, where powers have a derivative.
    const doubt = max(sub(1, exp(logProbabilities)), 1e-7)
    const shares = targetShares(targets, classes, labelSmoothing)
    const weights = classWeights ? mul(shares, weightVector(logits, classWeights)) : shares
    const terms = mul(mul(weights, pow(doubt, gamma)), logProbabilities)
    return mul(neg(reduceSum(terms, [0, 1], false)), 1 / batch)
  }
}
