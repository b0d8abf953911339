import type { Value } from '../../onnx/node.js'
import { add, argMax, exp, logSoftmax, mul, reduceSum, sub } from '../../onnx/ops/index.js'
import { crossEntropy } from './cross-entropy.js'
import { sizesOf } from './loss.js'

export interface Distillation {
  /** Whether to learn the teacher's probabilities, or the label that it would give. */
  type: 'soft' | 'hard'
  /** How much the teacher counts; the labels count one minus it. */
  alpha?: number
  /** Softens the probabilities of both. */
  temperature?: number
}

/**
 * The loss of learning from labels and from a teacher (Touvron et al., "Training data-efficient image transformers",
 * 2020, section 4): (1 - α)·labelLoss + α·T²·KL(teacher‖student) at temperature T, or with the cross-entropy for the
 * teacher's label as second term. The divergence is the mean over the batch, as the paper and timm's
 * `TokenDistillationTask` have it; DeiT's published code divides it by the number of classes as well.
 * Logits of student and teacher are [batch, classes].
 */
export function distillationLoss(
  labelLoss: Value,
  student: Value,
  teacher: Value,
  { type, alpha = 0.5, temperature = 1 }: Distillation,
): Value {
  const distance =
    type === 'hard' ? crossEntropy()(student, argMax(teacher, 1)) : softDistance(student, teacher, temperature)
  return add(mul(labelLoss, 1 - alpha), mul(distance, alpha))
}

function softDistance(student: Value, teacher: Value, temperature: number): Value {
  const [batch] = sizesOf(student)
  const [ours, theirs] = [student, teacher].map((logits) => logSoftmax(mul(logits, 1 / temperature)))
  const divergence = reduceSum(mul(exp(theirs!), sub(theirs!, ours!)), [0, 1], false)
  return mul(divergence, temperature ** 2 / batch)
}
