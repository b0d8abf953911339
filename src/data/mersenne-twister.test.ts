import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PythonRandom } from './mersenne-twister.js'
import { splitAsPython } from './split.js'

// What CPython draws, by tools/make-python-random-fixture.py.
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/python-random.json', import.meta.url), 'utf8'))

const range = (count: number) => Array.from({ length: count }, (_, i) => i)
const digest = (numbers: readonly number[]) => numbers.reduce((sum, number) => (sum * 31 + number + 1) % 1000003, 0)

test("the generator gives the published numbers of MT19937 for Python's seed 0", () => {
  const random = new PythonRandom(0)
  // random.seed(0); [random.getrandbits(32) for _ in range(3)]
  assert.deepEqual([random.bits(), random.bits(), random.bits()], [3626764237, 1654615998, 3255389356])
})

test('samples are those of CPython, by both of its methods, for many sizes and seeds', () => {
  assert.deepEqual(new PythonRandom(0).sample(range(10), 4), fixture.first)
  for (const [seed, digests] of Object.entries(fixture.digests)) {
    const random = new PythonRandom(Number(seed))
    const ours = fixture.sizes.flatMap((size: number) =>
      fixture.shares.map((share: number) => digest(random.sample(range(size), Math.floor(share * size)))),
    )
    assert.deepEqual(ours, digests, `seed ${seed}`)
  }
})

test('no more than all can be drawn, and seeds are whole numbers', () => {
  assert.throws(() => new PythonRandom(0).sample([1, 2], 3), RangeError)
  assert.throws(() => new PythonRandom(0.5), RangeError)
})

test("the split of the whole flower set is WZM's: 2,939 to learn from, 731 to judge by", () => {
  const { counts, drawn, firstDaisy } = fixture.flowers
  const samples = counts.flatMap((count: number, label: number) => range(count).map((i) => ({ path: `${i}`, label })))
  const { train, validation } = splitAsPython(['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'], samples)
  assert.deepEqual([train.length, validation.length], [2939, 731])
  const numbers = range(5).map((label) => validation.filter((s) => s.label === label).map(({ path }) => Number(path)))
  assert.deepEqual(
    numbers.map(({ length }) => length),
    [126, 179, 128, 139, 159],
  )
  assert.deepEqual(numbers.map(digest), drawn)
  assert.ok(numbers[0]!.includes(firstDaisy))
})
