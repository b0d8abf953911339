import { ops, type Value } from '../onnx/index.js'
import type { Resample } from './preprocessor-config.js'

/** A filter that weighs neighbours by their distance, as Pillow's Resample.c and PyTorch's antialiasing define them. */
export interface Filter {
  /** From here on the weights are zero. */
  radius: number
  /** Weights, float64, for distances from 0 on, as ops. */
  weigh(distance: Value): Value
  /** The same for one distance, as a number. */
  weight(distance: number): number
}

export const filters: Record<Exclude<Resample, 'nearest'>, Filter> = {
  bilinear: {
    radius: 1,
    weigh: (distance) => ops.relu(ops.sub(1, distance)),
    weight: (distance) => Math.max(0, 1 - distance),
  },
  bicubic: { radius: 2, weigh: bicubic, weight: bicubicWeight },
  lanczos: { radius: 3, weigh: lanczos, weight: lanczosWeight },
}

/** Keys' cubic convolution (1981) with a = -0.5. */
function bicubic(distance: Value): Value {
  const near = polynomial(distance, [1.5, -2.5, 0, 1])
  const far = polynomial(distance, [-0.5, 2.5, -4, 2])
  return ops.where(ops.less(distance, 1), near, ops.where(ops.less(distance, 2), far, 0))
}

function bicubicWeight(d: number): number {
  return d < 1 ? (1.5 * d - 2.5) * d * d + 1 : d < 2 ? ((-0.5 * d + 2.5) * d - 4) * d + 2 : 0
}

/** Horner's scheme; the highest power first. */
function polynomial(x: Value, [first, ...others]: readonly number[]): Value {
  const start: ops.Operand = first!
  const [second, ...rest] = others
  return rest.reduce<Value>((sum, factor) => ops.add(ops.mul(sum, x), factor), ops.add(ops.mul(x, start), second!))
}

/** sinc windowed by a sinc three times as wide (Duchon, 1979). */
function lanczos(distance: Value): Value {
  const windowed = ops.mul(sinc(distance), sinc(ops.div(distance, 3)))
  return ops.where(ops.less(distance, 3), windowed, 0)
}

function sinc(x: Value): Value {
  const angle = ops.mul(ops.max(x, 1e-9), Math.PI) // not 0, where it would be 0/0
  return ops.div(ops.sin(angle), angle)
}

function lanczosWeight(d: number): number {
  if (d === 0) return 1
  return d < 3 ? (3 * Math.sin(Math.PI * d) * Math.sin((Math.PI * d) / 3)) / (Math.PI * d) ** 2 : 0
}
