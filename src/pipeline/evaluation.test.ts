import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { CalibrationCounter } from './calibration.js'
import { softmax } from './classifier.js'
import { EvaluationCounter } from './evaluation.js'

const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/metrics.json', import.meta.url), 'utf8'))

/** Every number of `expected` is that of `actual`, to rounding; other fields of `actual` are left alone. */
function assertClose(actual: unknown, expected: unknown, path = '') {
  if (typeof expected === 'number')
    assert.ok(Math.abs((actual as number) - expected) < 1e-9, `${path}: ${actual} and ${expected}`)
  else
    for (const [key, value] of Object.entries(expected as object))
      assertClose((actual as Record<string, unknown>)[key], value, `${path}.${key}`)
}

test('all metrics are those of scikit-learn', () => {
  const { logits, labels, calibration, ...expected } = fixture
  const counter = new EvaluationCounter(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
  for (const [i, row] of logits.entries()) counter.add(softmax(row), labels[i])
  const result = counter.result()
  assertClose(result, expected)
  assertClose(result.calibration.error, calibration.error)
  assertClose(
    result.calibration.bins.filter(({ count }) => count > 0),
    calibration.filled,
  )
  assert.equal(result.calibration.bins.length, 15)
})

test('a model that is sure and right half of the time is off by a half', () => {
  const counter = new CalibrationCounter()
  for (const isRight of [true, false, true, false]) counter.add(1, isRight)
  const { error, confidence, bins } = counter.result()
  assert.deepEqual([error, confidence], [0.5, 1])
  assert.deepEqual(bins.at(-1), { lower: 14 / 15, upper: 1, count: 4, confidence: 1, accuracy: 0.5 })
})

test('bins take in their upper bounds, as in Guo et al.', () => {
  const counter = new CalibrationCounter()
  for (const confidence of [0, 0.2, 0.2000001, 1]) counter.add(confidence, true)
  assert.deepEqual(
    counter.result().bins.flatMap(({ count }, i) => (count ? [[i, count]] : [])),
    [
      [0, 1],
      [2, 1],
      [3, 1],
      [14, 1],
    ],
  )
})

test('without pictures everything is zero', () => {
  const { count, accuracy, loss, balancedAccuracy, macro, calibration } = new EvaluationCounter(['a', 'b']).result()
  assert.deepEqual([count, accuracy, loss, balancedAccuracy, calibration.error], [0, 0, 0, 0, 0])
  assert.deepEqual(macro, { precision: 0, recall: 0, f1: 0 })
})
