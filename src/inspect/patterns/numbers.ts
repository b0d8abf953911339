import type { DType, TypedArray } from '../../onnx/index.js'

/** One element of a tensor as a number, whatever its type. */
export function numberAt(dtype: DType, data: TypedArray, index: number): number {
  const bits = Number(data[index])
  if (dtype === 'float16') return fromHalf(bits)
  if (dtype === 'bfloat16') return new Float32Array(new Uint32Array([bits << 16]).buffer)[0]!
  return bits
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 bits of fraction. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1
  const exponent = (bits >> 10) & 0x1f
  const fraction = bits & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Whether a constant is the number that a formula has, within the precision that float16 leaves. */
export const isNear = (actual: number | undefined, expected: number): boolean =>
  actual !== undefined && Math.abs(actual - expected) <= 1e-3 * Math.max(Math.abs(expected), 0.1)
