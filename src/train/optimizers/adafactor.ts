import type { Value } from '../../onnx/node.js'
import { add, div, max, mul, pow, reciprocal, reduceMean, sqrt, sub, sumSquares } from '../../onnx/ops/index.js'
import { elementCount } from '../../onnx/tensor.js'
import type { Optimizer } from './optimizer.js'

export interface AdafactorOptions {
  /** Added to the squares of the gradient. */
  eps?: number
  /** The largest root mean square of an update, before the learning rate. */
  clipThreshold?: number
  /** The second moment forgets as 1 - t^decayRate. */
  decayRate?: number
  weightDecay?: number
}

/**
 * Adafactor (Shazeer and Stern, "Adafactor: Adaptive Learning Rates with Sublinear Memory Cost", 2018), in the form of
 * timm's `Adafactor` with a given learning rate and without first moment: the second moment of a matrix is kept as the
 * means of its rows and columns. p ← p·(1 - lr·λ) - lr·u/max(1, RMS(u)/clipThreshold), u = g/√v.
 */
export function adafactor({
  eps = 1e-30,
  clipThreshold = 1,
  decayRate = -0.8,
  weightDecay = 0,
}: AdafactorOptions = {}): Optimizer {
  return {
    slots: secondMoment,
    begin({ learningRate, step, gradientScale }) {
      const fresh = pow(step, decayRate)
      const kept = sub(1, fresh)
      const keep = sub(1, mul(learningRate, weightDecay))
      const squareScale = gradientScale && mul(gradientScale, gradientScale)
      /** kept·old + fresh·(g² + ε) for g², or for means of it. */
      const average = (old: Value, squares: Value) => {
        const scaled = squareScale ? mul(squares, squareScale) : squares
        return add(mul(old, kept), mul(add(scaled, eps), fresh))
      }
      const rescaled = (factor: Value) => (gradientScale ? mul(factor, gradientScale) : factor)
      return ({ parameter, slots }, gradient, decays) => {
        const squares = mul(gradient, gradient)
        const axes = factoredAxes(parameter.shape as readonly number[])
        const next: Record<string, Value> = {}
        let update: Value
        if (axes) {
          const [columnAxis, rowAxis] = axes
          const row = average(slots.exp_avg_sq_row!, reduceMean(squares, [rowAxis]))
          const column = average(slots.exp_avg_sq_col!, reduceMean(squares, [columnAxis]))
          Object.assign(next, { exp_avg_sq_row: row, exp_avg_sq_col: column })
          const rowFactor = reciprocal(sqrt(div(row, reduceMean(row, [columnAxis]))))
          update = mul(mul(gradient, rescaled(rowFactor)), reciprocal(sqrt(column)))
        } else {
          next.exp_avg_sq = average(slots.exp_avg_sq!, squares)
          update = rescaled(div(gradient, sqrt(next.exp_avg_sq)))
        }
        const rms = sqrt(div(sumSquares(update), elementCount(parameter.shape as readonly number[])))
        const rate = div(learningRate, max(div(rms, clipThreshold), 1))
        const decayed = decays && weightDecay !== 0 ? mul(parameter, keep) : parameter
        return { parameter: sub(decayed, mul(update, rate)), slots: next }
      }
    },
  }
}

function secondMoment(shape: readonly number[]): Record<string, readonly number[]> {
  const axes = factoredAxes(shape)
  if (!axes) return { exp_avg_sq: shape }
  const [columnAxis, rowAxis] = axes
  return { exp_avg_sq_row: shape.with(rowAxis, 1), exp_avg_sq_col: shape.with(columnAxis, 1) }
}

/** The two axes whose second moment is factored, where both are long: of kernels the channels, else the last two. */
function factoredAxes(shape: readonly number[]): [number, number] | undefined {
  const rank = shape.length
  const long = (axis: number) => shape[axis]! > 16
  if (rank > 2 && long(0) && long(1)) return [0, 1]
  if (rank >= 2 && long(rank - 2) && long(rank - 1)) return [rank - 2, rank - 1]
  return undefined
}
