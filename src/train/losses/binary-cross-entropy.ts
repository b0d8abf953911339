import { abs, add, cast, exp, greater, log, mul, neg, reduceSum, relu, sub } from '../../onnx/ops/index.js'
import {
  type ClassWeightOptions,
  type Loss,
  type SmoothingOptions,
  sizesOf,
  targetShares,
  weightVector,
} from './loss.js'

export interface BinaryCrossEntropyOptions extends SmoothingOptions, ClassWeightOptions {
  /** Targets above it count as 1, all others as 0: of a mixed sample both labels then count in full. */
  targetThreshold?: number
}

/**
 * Each class as a yes or no question of its own: cross-entropy with the sigmoid, the mean over batch and classes
 * (Wightman et al., "ResNet strikes back", 2021), in the form of timm's `BinaryCrossEntropy`.
 */
export function binaryCrossEntropy({
  labelSmoothing = 0,
  targetThreshold,
  classWeights,
}: BinaryCrossEntropyOptions = {}): Loss {
  return (logits, targets) => {
    const [batch, classes] = sizesOf(logits)
    const shares = targetShares(targets, classes, labelSmoothing)
    const wanted = targetThreshold === undefined ? shares : cast(greater(shares, targetThreshold), 'float32')
    // log(1 + eˣ) - x·t in the form that no large x overflows.
    const softplus = add(relu(logits), log(add(exp(neg(abs(logits))), 1)))
    const losses = sub(softplus, mul(logits, wanted))
    const weighted = classWeights ? mul(losses, weightVector(logits, classWeights)) : losses
    return mul(reduceSum(weighted, [0, 1], false), 1 / (batch * classes))
  }
}
