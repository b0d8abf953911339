import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseExamples } from './choose-examples.js'

/** Forty pictures of class 0, of which every second is taken for class 1, each time more surely. */
const results = Array.from({ length: 40 }, (_, i) => {
  const own = i % 2 === 0 ? 0.9 : 0.49 - i / 100
  return { sample: { path: `${i}.png`, label: 0 }, probabilities: [own, 1 - own] }
})

test('the surest mistakes come first, and pictures drawn by chance are others', () => {
  const { mistakes, examples } = chooseExamples(results, 0)
  assert.deepEqual(
    mistakes.map(({ sample }) => Number.parseInt(sample.path, 10)),
    Array.from({ length: 12 }, (_, i) => 39 - 2 * i),
  )
  assert.equal(examples.length, 18)
  assert.equal(new Set([...mistakes, ...examples]).size, 30)
  assert.deepEqual(chooseExamples(results, 0).examples, examples)
  assert.notDeepEqual(chooseExamples(results, 1).examples, examples)
})

test('a model without mistakes has none to show', () => {
  const right = results.filter((_, i) => i % 2 === 0)
  const { mistakes, examples } = chooseExamples(right, 0)
  assert.deepEqual([mistakes.length, examples.length], [0, 18])
})
