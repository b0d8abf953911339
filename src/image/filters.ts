import { ops, type Value } from '../onnx/index.js'
import type { Resample } from './preprocessor-config.js'

/** A filter that weighs neighbours by their distance, as Pillow's Resample.c and PyTorch's antialiasing define them. */
export interface Filter {
  /** From here on the weights are zero. */
  radius: number
  /** Weights, float64, for distances from 0 on. */
  weigh(distance: Value): Value
}

export const filters: Record<Exclude<Resample, 'nearest'>, Filter> = {
  bilinear: { radius: 1, weigh: (distance) => ops.relu(ops.sub(1, distance)) },
  bicubic: { radius: 2, weigh: bicubic },
  lanczos: { radius: 3, weigh: lanczos },
}

/** Keys' cubic convolution (1981) with a = -0.5. */
function bicubic(distance: Value): Value {
  const near = polynomial(distance, [1.5, -2.5, 0, 1])
  const far = polynomial(distance, [-0.5, 2.5, -4, 2])
  return ops.where(ops.less(distance, 1), near, ops.where(ops.less(distance, 2), far, 0))
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
