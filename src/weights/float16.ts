import type { Tensor } from '../onnx/tensor.js'

/**
 * A floating point tensor as float32; a float32 tensor is returned as it is. From float16 and bfloat16 every value is
 * exact, from float64 it is rounded to the nearest.
 * @throws where the tensor does not hold floating point numbers
 */
export function toFloat32({ dtype, shape, data }: Tensor): Tensor & { dtype: 'float32'; data: Float32Array } {
  return { dtype: 'float32', shape, data: convert({ dtype, shape, data }) }
}

function convert({ dtype, data }: Tensor): Float32Array {
  switch (dtype) {
    case 'float32':
      return data as Float32Array
    case 'float64':
      return new Float32Array(data as Float64Array)
    case 'bfloat16':
      return fromBfloat16(data as Uint16Array)
    case 'float16':
      return fromFloat16(data as Uint16Array)
    default:
      throw new Error(`A tensor of dtype ${dtype} does not hold floating point numbers`)
  }
}

/** bfloat16 is the upper half of a float32. */
function fromBfloat16(patterns: Uint16Array): Float32Array {
  const bits = new Uint32Array(patterns.length)
  for (let i = 0; i < bits.length; i++) bits[i] = patterns[i]! << 16
  return new Float32Array(bits.buffer)
}

/** float16 (IEEE 754 binary16): 1 bit of sign, 5 of exponent with bias 15, 10 of fraction. float32: 1, 8 with bias 127, 23. */
function fromFloat16(patterns: Uint16Array): Float32Array {
  const bits = new Uint32Array(patterns.length)
  const values = new Float32Array(bits.buffer)
  for (let i = 0; i < bits.length; i++) {
    const pattern = patterns[i]!
    const sign = (pattern & 0x8000) << 16
    const exponent = (pattern >> 10) & 0x1f
    const fraction = pattern & 0x3ff
    if (exponent === 0) values[i] = (sign ? -1 : 1) * fraction * 2 ** -24
    else if (exponent === 31) bits[i] = sign | 0x7f800000 | (fraction << 13)
    else bits[i] = sign | ((exponent + 127 - 15) << 23) | (fraction << 13)
  }
  return values
}

/** The largest number that float16 has. */
export const largestFloat16 = 65504

/** float16 bit patterns of float32 numbers, each rounded to the nearest, and to even in the middle. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length)
  const patterns = new Uint16Array(values.length)
  for (let i = 0; i < bits.length; i++) {
    const sign = (bits[i]! >>> 16) & 0x8000
    const size = bits[i]! & 0x7fffffff
    if (size > 0x7f800000) patterns[i] = sign | 0x7e00
    // From 65520 on the nearest is infinity.
    else if (size >= 0x477ff000) patterns[i] = sign | 0x7c00
    else if (size >= 0x38800000) patterns[i] = sign | ((size - (112 << 23) + 0xfff + ((size >> 13) & 1)) >> 13)
    else patterns[i] = sign | roundToEven(Math.abs(values[i]!) * 2 ** 24)
  }
  return patterns
}

function roundToEven(x: number): number {
  const floor = Math.floor(x)
  const rest = x - floor
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor
}
