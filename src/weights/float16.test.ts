import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { type DType, tensor } from '../onnx/tensor.js'
import { toFloat16, toFloat32 } from './float16.js'

const patterns = Uint16Array.from({ length: 0x10000 }, (_, i) => i)

/** The value of a pattern by the formula of IEEE 754. */
function ieeeValue(pattern: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits
  const sign = pattern >> 15 ? -1 : 1
  const exponent = (pattern >> fractionBits) & (2 ** exponentBits - 1)
  const fraction = (pattern & (2 ** fractionBits - 1)) / 2 ** fractionBits
  const bias = 2 ** (exponentBits - 1) - 1
  if (exponent === 2 ** exponentBits - 1) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY
  return exponent === 0 ? sign * fraction * 2 ** (1 - bias) : sign * (1 + fraction) * 2 ** (exponent - bias)
}

// The SHA-256 sums are of numpy's results (ml_dtypes for bfloat16) with every NaN set to zero:
// x = numpy.arange(65536, dtype='<u2').view(dtype).astype('<f4'); x[numpy.isnan(x)] = 0
const cases: [DType, number, string][] = [
  ['float16', 5, 'faa6d965574036872b0d39a42d1f8bee361d5be92b1e718155a69556a5abacdd'],
  ['bfloat16', 8, '2950e27364395060b01ae85b45dd15a2ab8891f6ee8b0af2b541dbda5524d0b4'],
]

for (const [dtype, exponentBits, sum] of cases) {
  test(`all 65,536 patterns of ${dtype} become the right float32`, () => {
    const converted = toFloat32({ dtype, shape: [256, 256], data: patterns })
    assert.equal(converted.dtype, 'float32')
    assert.deepEqual(converted.shape, [256, 256])
    for (let i = 0; i < patterns.length; i++) {
      const wanted = ieeeValue(i, exponentBits)
      if (!Object.is(converted.data[i], wanted)) assert.fail(`pattern ${i}: ${converted.data[i]} instead of ${wanted}`)
    }
    const withoutNaN = converted.data.map((value) => (Number.isNaN(value) ? 0 : value))
    assert.equal(createHash('sha256').update(withoutNaN).digest('hex'), sum)
  })
}

test('float64 is rounded to the nearest, float32 is not copied, integers are refused', () => {
  const wide = toFloat32(tensor('float64', [0.1, 1 + 2 ** -24, 1e300]))
  assert.deepEqual([...wide.data], [Math.fround(0.1), 1, Number.POSITIVE_INFINITY])
  const narrow = tensor('float32', [1, 2], [2, 1])
  assert.equal(toFloat32(narrow).data, narrow.data)
  assert.throws(() => toFloat32(tensor('int32', [1])), /int32/)
})

test('every float16 comes back from float32, and numbers between two go to the nearest', () => {
  const exact = toFloat32({ dtype: 'float16', shape: [0x10000], data: patterns }).data
  const back = toFloat16(exact)
  for (let i = 0; i < patterns.length; i++) if (!Number.isNaN(exact[i])) assert.equal(back[i], i)
  // Of each two neighbours below infinity: what is nearer to one of them, and the middle, which goes to the even one.
  for (let i = 0; i < 0x7bff; i++) {
    const [low, high] = [exact[i]!, exact[i + 1]!]
    const step = high - low
    const rounded = toFloat16(
      new Float32Array([low + 0.49 * step, (low + high) / 2, low + 0.51 * step, -(low + high) / 2]),
    )
    const even = i % 2 === 0 ? i : i + 1
    assert.deepEqual([...rounded], [i, even, i + 1, 0x8000 | even])
  }
  assert.deepEqual([...toFloat16(new Float32Array([65519, 65520, -1e9, Number.NaN]))], [0x7bff, 0x7c00, 0xfc00, 0x7e00])
})
