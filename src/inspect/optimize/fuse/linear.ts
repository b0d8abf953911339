import { ops, type Value } from '../../../onnx/index.js'
import { numbersFor } from '../clean/known-shapes.js'

/** x·W + b over the last axis of x, which has any rank. W is [in, out], or [out, in] with `transposed`. */
export interface LinearWeights {
  weight: Value
  bias?: Value | undefined
  transposed: boolean
}

/**
 * Emits a product of every row of x, [..., in], with the same weights: one Gemm over all rows, since reshaping moves no
 * data; undefined where the shape around the rows cannot be told in advance.
 */
export function emitLinear(x: Value, { weight, bias, transposed }: LinearWeights): Value | undefined {
  const [inFeatures, outFeatures] = transposed ? [weight.shape[1], weight.shape[0]] : weight.shape
  if (x.rank === 2) return ops.gemm(x, weight, bias, { transB: transposed })
  const shape = numbersFor(x)
  if (!shape) return undefined
  const rows = ops.gemm(ops.reshape(x, [-1, Number(inFeatures)]), weight, bias, { transB: transposed })
  return ops.reshape(rows, [...shape.slice(0, -1), Number(outFeatures)])
}

/** Whether `emitLinear` can tell the shape. */
export const isLinearInput = (x: Value) => x.isTyped && (x.rank === 2 || (x.rank > 2 && numbersFor(x) !== undefined))
