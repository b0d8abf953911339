import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import type { Sample } from './image-folder.js'
import { splitPerClass } from './split.js'

/** A data set with `counts[i]` pictures of class i. */
function samplesOf(...counts: number[]): Sample[] {
  return counts.flatMap((count, label) =>
    Array.from({ length: count }, (_, i) => ({ path: `${label}/${i}.jpg`, label })),
  )
}

const classes = ['daisy', 'rose', 'tulip']

test('each class gives its share, rounded down, and at least one picture', () => {
  const { train, validation } = splitPerClass(classes, samplesOf(19, 4, 2), 0.2, 0)
  const count = (samples: Sample[], label: number) => samples.filter((sample) => sample.label === label).length
  assert.deepEqual(
    [0, 1, 2].map((label) => count(validation, label)),
    [3, 1, 1],
  )
  assert.deepEqual(
    [0, 1, 2].map((label) => count(train, label)),
    [16, 3, 1],
  )
})

test('the parts are disjoint, complete and in order', () => {
  const samples = samplesOf(30, 20, 10)
  const { train, validation } = splitPerClass(classes, samples, 0.3, 7)
  const inBoth = new Set([...train, ...validation])
  assert.equal(inBoth.size, samples.length)
  for (const part of [train, validation]) {
    assert.deepEqual(
      part,
      samples.filter((sample) => part.includes(sample)),
    )
  }
})

test('the seed decides, and one class does not change the draw of another', () => {
  const draw = (seed: number, ...counts: number[]) =>
    splitPerClass(classes, samplesOf(...counts), 0.25, seed).validation.map((sample) => sample.path)
  assert.deepEqual(draw(1, 40, 8, 8), draw(1, 40, 8, 8))
  assert.notDeepEqual(draw(1, 40, 8, 8), draw(2, 40, 8, 8))
  const rosesOnly = (paths: string[]) => paths.filter((path) => path.startsWith('1/'))
  assert.deepEqual(rosesOnly(draw(1, 40, 20, 8)), rosesOnly(draw(1, 12, 20, 30)))
})

test('every picture is drawn with the same chance', () => {
  const hits = new Array(10).fill(0)
  for (let seed = 0; seed < 2000; seed++) {
    for (const { path } of splitPerClass(['a'], samplesOf(10), 0.2, seed).validation) hits[Number(path[2])]++
  }
  for (const hit of hits) assert.ok(Math.abs(hit - 400) < 100, `${hits}`)
})

test('a share close to 1 leaves a picture of each class to learn from', () => {
  const { train } = splitPerClass(classes, samplesOf(12, 100, 2), 1 - 2 ** -53, 0)
  assert.deepEqual(
    train.map((sample) => sample.label),
    [0, 1, 2],
  )
})

test('a class with a single picture and a bad share are user errors', () => {
  const single = (error: unknown) => error instanceof UserError && /"rose".*1\/0\.jpg/.test(error.message)
  assert.throws(() => splitPerClass(classes, samplesOf(3, 1, 3), 0.5, 0), single)
  for (const fraction of [0, 1, 20, Number.NaN]) {
    assert.throws(() => splitPerClass(classes, samplesOf(3, 3, 3), fraction, 0), UserError)
  }
})
