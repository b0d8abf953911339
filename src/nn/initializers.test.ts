import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../random.js'
import {
  constant,
  type Initializer,
  kaimingNormal,
  kaimingUniform,
  normal,
  truncatedNormal,
  xavierUniform,
} from './initializers.js'

const linear = [300, 700] // fan in 700, fan out 300
const conv = [96, 30, 7, 11] // fan in 30·77 = 2310, fan out 96·77 = 7392; both as PyTorch's init computes them

function statistics(values: Float32Array) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length
  return { mean, variance, largest: values.reduce((max, value) => Math.max(max, Math.abs(value)), 0) }
}

/** Mean and variance may be off by 5 standard errors; the kurtosis of the distribution gives that of the variance. */
function assertMoments(values: Float32Array, variance: number, kurtosis: number) {
  const actual = statistics(values)
  const meanError = 5 * Math.sqrt(variance / values.length)
  const varianceError = 5 * variance * Math.sqrt((kurtosis - 1) / values.length)
  assert(Math.abs(actual.mean) < meanError, `mean ${actual.mean}`)
  assert(Math.abs(actual.variance - variance) < varianceError, `variance ${actual.variance} instead of ${variance}`)
}

const share = (values: Float32Array, limit: number) =>
  values.reduce((count, value) => count + (Math.abs(value) < limit ? 1 : 0), 0) / values.length

const uniforms: [string, Initializer, number[], number][] = [
  ['kaimingUniform, linear', kaimingUniform(), linear, Math.sqrt(6 / 700)],
  ['kaimingUniform, convolution', kaimingUniform(), conv, Math.sqrt(6 / 2310)],
  ['kaimingUniform by fan out', kaimingUniform({ fan: 'out' }), conv, Math.sqrt(6 / 7392)],
  ['xavierUniform, linear', xavierUniform(), linear, Math.sqrt(6 / 1000)],
  ['xavierUniform, convolution', xavierUniform(), conv, Math.sqrt(6 / 9702)],
]
for (const [name, initializer, shape, limit] of uniforms) {
  test(`${name}: even between the bounds`, () => {
    const values = initializer(shape, new Random(0))
    const { largest } = statistics(values)
    assert(largest <= Math.fround(limit) && largest > limit * 0.999)
    assertMoments(values, limit ** 2 / 3, 9 / 5)
    assert(Math.abs(share(values, limit / 2) - 0.5) < 0.01)
  })
}

const normals: [string, Initializer, number[], number][] = [
  ['normal', normal(1e-6), linear, 1e-6],
  ['kaimingNormal, linear', kaimingNormal(), linear, Math.sqrt(2 / 700)],
  ['kaimingNormal by fan out, convolution', kaimingNormal({ fan: 'out' }), conv, Math.sqrt(2 / 7392)],
  ['truncatedNormal of a small deviation', truncatedNormal(0.02), linear, 0.02],
]
for (const [name, initializer, shape, std] of normals) {
  test(`${name}: mean, variance and shape of a normal distribution`, () => {
    const values = initializer(shape, new Random(0))
    assertMoments(values, std ** 2, 3)
    // 68.27, 95.45 and 99.73 % lie within 1, 2 and 3 standard deviations; 0.5 % is 5 standard errors or more.
    for (const [i, expected] of [0.682689, 0.9545, 0.9973].entries()) {
      assert(Math.abs(share(values, (i + 1) * std) - expected) < 0.005)
    }
  })
}

test('draws next to each other do not depend on each other', () => {
  const values = normal(1)([200_001], new Random(0))
  for (const lag of [1, 2]) {
    const products = values.subarray(lag).map((value, i) => value * values[i]!)
    // The product of two independent standard normal draws has mean 0 and variance 1.
    assert(Math.abs(statistics(products).mean) < 5 / Math.sqrt(products.length))
  }
})

test('truncatedNormal cuts at -2 and 2 whatever the deviation, as PyTorch does', () => {
  const values = truncatedNormal(1)([200_000], new Random(0))
  assert(statistics(values).largest <= 2)
  // Variance and kurtosis of a standard normal distribution between -2 and 2, by quadrature.
  assertMoments(values, 0.7737413, 2.3655)
  // Far wider than the bounds it is nearly even between them.
  assertMoments(truncatedNormal(50)([20_000], new Random(0)), 4 / 3, 9 / 5)
})

test('constant fills, and a shape without axes is one value', () => {
  assert.deepEqual(constant(1.5)([2, 3], new Random(0)), new Float32Array(6).fill(1.5))
  assert.equal(normal(1)([], new Random(0)).length, 1)
  assert.equal(normal(1)([0, 3], new Random(0)).length, 0)
  assert.equal(normal(1)([7], new Random(0)).length, 7)
})

test('the same seed gives the same numbers, another one others', () => {
  for (const initializer of [kaimingUniform(), kaimingNormal(), xavierUniform(), truncatedNormal(0.02), normal(1)]) {
    const draw = (seed: number) => initializer([8, 9], new Random(seed, 'blocks.0.attn.qkv.weight'))
    assert.deepEqual(draw(1), draw(1))
    assert.notDeepEqual(draw(1), draw(2))
  }
  // Pinned: a change of these numbers changes every seeded run.
  assert.deepEqual([...normal(1)([3], new Random(0))], [2.3725900650024414, 0.5207258462905884, 1.3155936002731323])
})

test('a vector has no fans', () => {
  assert.throws(() => kaimingUniform()([5], new Random(0)), /\[5\]/)
})
