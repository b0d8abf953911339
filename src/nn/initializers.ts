import { elementCount } from '../onnx/tensor.js'
import type { Random } from '../random.js'

/**
 * Draws the initial values of a parameter. Linear weights have the shape `[out, in]`, convolutions
 * `[out, in, height, width]`, as in PyTorch.
 */
export type Initializer = (shape: readonly number[], random: Random) => Float32Array

/** Which side of a layer decides the scale: its inputs keep the forward signal's variance, its outputs the gradient's. */
export interface KaimingOptions {
  fan?: 'in' | 'out'
}

/** U(-l, l) with l = √(6 / fan), for layers before a ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852). */
export function kaimingUniform({ fan = 'in' }: KaimingOptions = {}): Initializer {
  return (shape, random) => drawUniform(shape, random, Math.sqrt(6 / fans(shape)[fan]))
}

/** N(0, 2 / fan), for layers before a ReLU (He et al. 2015, https://arxiv.org/abs/1502.01852). */
export function kaimingNormal({ fan = 'in' }: KaimingOptions = {}): Initializer {
  return (shape, random) => drawNormal(shape, random, Math.sqrt(2 / fans(shape)[fan]))
}

/** U(-l, l) with l = √(6 / (fan in + fan out)) (Glorot and Bengio 2010). */
export function xavierUniform(): Initializer {
  return (shape, random) => {
    const fan = fans(shape)
    return drawUniform(shape, random, Math.sqrt(6 / (fan.in + fan.out)))
  }
}

/** N(0, std²). */
export function normal(std: number): Initializer {
  return (shape, random) => drawNormal(shape, random, std)
}

/**
 * N(0, std²) without the values outside [-2, 2], which are drawn again. The bounds do not scale with `std`: so it is in
 * the `trunc_normal_` of PyTorch and timm, where the usual 0.02 is in effect not truncated at all.
 */
export function truncatedNormal(std: number): Initializer {
  return (shape, random) => drawNormal(shape, random, std, 2)
}

/** The same value everywhere. */
export function constant(value: number): Initializer {
  return (shape) => new Float32Array(elementCount(shape)).fill(value)
}

/** The numbers of inputs that an output depends on, and of outputs that an input reaches. */
function fans(shape: readonly number[]): { in: number; out: number } {
  if (shape.length < 2) throw new Error(`A parameter of shape [${shape}] has no inputs and outputs to scale by`)
  const [outputs, inputs, ...kernel] = shape as [number, number, ...number[]]
  const positions = elementCount(kernel)
  return { in: inputs * positions, out: outputs * positions }
}

function drawUniform(shape: readonly number[], random: Random, limit: number): Float32Array {
  const values = new Float32Array(elementCount(shape))
  for (let i = 0; i < values.length; i++) values[i] = random.uniform(-limit, limit)
  return values
}

/** Marsaglia's polar method: it makes two independent draws at a time, without sine and cosine. */
function drawNormal(shape: readonly number[], random: Random, std: number, limit = Number.POSITIVE_INFINITY) {
  const values = new Float32Array(elementCount(shape))
  for (let i = 0; i < values.length; ) {
    const x = random.uniform(-1, 1)
    const y = random.uniform(-1, 1)
    const square = x * x + y * y
    if (square >= 1 || square === 0) continue
    const scale = std * Math.sqrt((-2 * Math.log(square)) / square)
    if (Math.abs(x * scale) <= limit) values[i++] = x * scale
    if (i < values.length && Math.abs(y * scale) <= limit) values[i++] = y * scale
  }
  return values
}
