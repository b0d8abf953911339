import type { Value } from '../../onnx/node.js'
import { add, mul, oneHot } from '../../onnx/ops/index.js'

/**
 * Emits a scalar loss from logits [batch, classes] and targets: labels, int64 [batch], or the share of each class in
 * each sample, float32 [batch, classes], as mixed samples have.
 */
export type Loss = (logits: Value, targets: Value) => Value

export interface SmoothingOptions {
  /** ε: the target is 1 - ε for the label plus ε/classes for every class (Szegedy et al., 2016). */
  labelSmoothing?: number
}

export interface ClassWeightOptions {
  /** How much each class counts. */
  classWeights?: readonly number[]
}

/** The fixed batch and number of classes of logits. @throws where they are not fixed */
export function sizesOf(logits: Value): [batch: number, classes: number] {
  const [batch, classes] = logits.shape
  if (typeof batch !== 'number' || typeof classes !== 'number')
    throw new Error('the loss needs a fixed batch and class count')
  return [batch, classes]
}

/** Whether targets are labels, and not shares of classes. */
export const areLabels = (targets: Value): boolean => targets.rank === 1

/** The targets as shares of the classes, float32 [batch, classes], with label smoothing. */
export function targetShares(targets: Value, classes: number, smoothing = 0): Value {
  const low = smoothing / classes
  if (areLabels(targets)) return oneHot(targets, classes, low, 1 - smoothing + low)
  return smoothing === 0 ? targets : add(mul(targets, 1 - smoothing), low)
}

/** The weights as a vector [classes]. @throws where there are more or fewer than classes */
export function weightVector(logits: Value, weights: readonly number[]): Value {
  const [, classes] = sizesOf(logits)
  if (weights.length !== classes)
    throw new Error(`there are ${weights.length} class weights, and the model has ${classes} classes`)
  return logits.graph.constant('float32', weights)
}
