import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from './random.js'

const take = <T>(count: number, draw: (i: number) => T): T[] => Array.from({ length: count }, (_, i) => draw(i))

/** Σ (observed - expected)²/expected of counts that should all be equal, in standard deviations from its mean. */
function chiSquare(counts: readonly number[]): number {
  const expected = counts.reduce((a, b) => a + b, 0) / counts.length
  const freedom = counts.length - 1
  const sum = counts.reduce((total, count) => total + (count - expected) ** 2 / expected, 0)
  return (sum - freedom) / Math.sqrt(2 * freedom)
}

function histogram(values: readonly number[], buckets: number): number[] {
  const counts = Array<number>(buckets).fill(0)
  for (const value of values) counts[Math.floor(value * buckets)]!++
  return counts
}

// Everything here is drawn from fixed seeds, so no test is right or wrong by chance from one run to the next.
const limit = 4

// Splits, initial weights, augmentation and the order of batches come from these streams: were they to change, every run
// would become another one, and none could be taken up again.
test('the streams never change', () => {
  const bits = (...keys: (number | string)[]) => {
    const random = new Random(...keys)
    return take(4, () => random.bits())
  }
  assert.deepEqual(bits(), [24724473, 838574162, -1772266800, 473542192])
  assert.deepEqual(bits(0), [-1667647591, -2042171306, -101223629, -238669200])
  assert.deepEqual(bits(42, 'shuffle', 3), [1992412719, -339729236, 1591208712, -1718985237])
  const random = new Random('pinned')
  assert.equal(random.uniform(), 0.9054672904312611)
  // Sine and logarithm may differ in their last digit from one engine to another.
  assert.ok(Math.abs(random.normal() - 0.42030678926652537) < 1e-12)
  assert.equal(random.integer(1000), 565)
  assert.equal(random.pick(['a', 'b', 'c', 'd']), 'd')
  assert.deepEqual(random.shuffle([0, 1, 2, 3, 4, 5, 6, 7]), [2, 5, 3, 6, 7, 1, 0, 4])
})

test('uniform numbers fill their range evenly', () => {
  const random = new Random('uniform')
  const values = take(100_000, () => random.uniform())
  assert.ok(values.every((value) => value >= 0 && value < 1))
  assert.ok(Math.abs(chiSquare(histogram(values, 200))) < limit)
  const ranged = take(1000, () => random.uniform(-3, -1))
  assert.ok(ranged.every((value) => value >= -3 && value < -1))
  assert.ok(Math.min(...ranged) < -2.98 && Math.max(...ranged) > -1.02)
})

test('every bit is set half of the time', () => {
  const random = new Random('bits')
  const counts = Array<number>(32).fill(0)
  for (let i = 0; i < 20_000; i++) {
    const bits = random.bits()
    for (let j = 0; j < 32; j++) counts[j]! += (bits >>> j) & 1
  }
  for (const [bit, count] of counts.entries())
    assert.ok(Math.abs(count - 10_000) < limit * Math.sqrt(5000), `bit ${bit}: ${count} of 20,000`)
})

test('successive numbers are independent', () => {
  const random = new Random('pairs')
  const pairs = take(100_000, () => Math.floor(random.uniform() * 16) * 16 + Math.floor(random.uniform() * 16))
  assert.ok(
    Math.abs(
      chiSquare(
        histogram(
          pairs.map((pair) => pair / 256),
          256,
        ),
      ),
    ) < limit,
  )
})

test('integers are all below the count, each as often', () => {
  const random = new Random('integers')
  const counts = Array<number>(7).fill(0)
  for (let i = 0; i < 70_000; i++) counts[random.integer(7)]!++
  assert.equal(counts.length, 7)
  assert.ok(Math.abs(chiSquare(counts)) < limit)
  assert.equal(random.integer(1), 0)
})

test('normal numbers have the moments of the normal distribution', () => {
  const random = new Random('normal')
  const values = take(100_000, () => random.normal(2, 3))
  const moment = (power: number) => values.reduce((sum, value) => sum + ((value - 2) / 3) ** power, 0) / values.length
  // The standard error of the mean of z^k is √(Var(z^k)/n), with variances 1, 2, 15 and 96.
  for (const [power, expected, variance] of [
    [1, 0, 1],
    [2, 1, 2],
    [3, 0, 15],
    [4, 3, 96],
  ] as const)
    assert.ok(Math.abs(moment(power) - expected) < limit * Math.sqrt(variance / values.length), `moment ${power}`)
})

test('streams of neighbouring seeds and of other names have nothing in common', () => {
  const streams = [
    ...take(20, (seed) => new Random(seed)),
    ...['a', 'b', 'shuffle'].map((name) => new Random(0, name)),
    ...take(3, (epoch) => new Random(0, 'shuffle', epoch)),
  ].map((random) => take(2000, () => random.uniform() - 0.5))
  for (const [i, a] of streams.entries())
    for (const b of streams.slice(0, i)) {
      const covariance = a.reduce((sum, value, j) => sum + value * b[j]!, 0) / a.length
      assert.ok(Math.abs(covariance * 12) < 4.5 / Math.sqrt(a.length))
    }
})

test('the first numbers of many streams are uniform, as where each parameter or sample has its own', () => {
  const first = take(20_000, (seed) => new Random(seed, 'sample').uniform())
  assert.ok(Math.abs(chiSquare(histogram(first, 100))) < limit)
})

test('keys are told apart by their order, their kind and where one ends', () => {
  const keys = [
    ['ab', 'c'],
    ['a', 'bc'],
    ['abc'],
    ['c', 'ab'],
    [],
    [''],
    ['', ''],
    [1],
    ['1'],
    [1, 2],
    [12],
    [-1],
    [0.1],
  ]
  const numbers = keys.map((key) => new Random(...key).bits())
  assert.equal(new Set(numbers).size, keys.length)
  assert.equal(new Random('a', 1).bits(), new Random('a', 1).bits())
})

test('shuffling makes every order equally likely, and leaves the list alone', () => {
  const random = new Random('shuffle')
  const list = Object.freeze([0, 1, 2])
  const counts = new Map<string, number>()
  for (let i = 0; i < 12_000; i++) {
    const order = random.shuffle(list).join('')
    counts.set(order, (counts.get(order) ?? 0) + 1)
  }
  assert.equal(counts.size, 6)
  assert.ok(Math.abs(chiSquare([...counts.values()])) < limit)
  assert.deepEqual(random.shuffle([]), [])
})

test('picking reaches every item', () => {
  const random = new Random('pick')
  assert.deepEqual(new Set(take(100, () => random.pick(['a', 'b', 'c']))), new Set(['a', 'b', 'c']))
})
