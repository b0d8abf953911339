import assert from 'node:assert/strict'
import { test } from 'node:test'
import { renderLearningRatePage, renderLearningRates } from './index.js'
import { Plot, powersOfTen, roundTicks } from './plot.js'

const points = [1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1].map((learningRate, i) => ({
  learningRate,
  loss: [2.1, 1.8, 1, 0.5, 41, Number.NaN][i]!,
  smoothed: [2, 1.9, 1, 0.5, 40, Number.NaN][i]!,
}))

test('the curve falls to the right on a logarithmic axis, and ends where the loss runs away', () => {
  const { text } = renderLearningRates({ points, suggestion: 1e-3 })
  const [, path] = text.match(/class="curve" d="([^"]+)"/)!
  const places = path!
    .split(/[ML]/)
    .slice(1)
    .map((place) => place.split(' ').map(Number) as [number, number])
  assert.equal(places.length, 5)
  const distances = places.slice(1).map(([x], i) => x - places[i]![0])
  for (const distance of distances) assert.ok(Math.abs(distance - distances[0]!) < 0.2, `${distances}`)
  assert.ok(places[3]![1] > places[0]![1], 'the lower loss is drawn lower')
  assert.ok(places[4]![1] < places[0]![1] && places[4]![1] > 0, 'the last point is at the top')
  assert.match(text, new RegExp(`class="mark" d="M${places[2]![0]} `))
  assert.match(text, /<strong>0\.001<\/strong>/)
})

test('what cannot be drawn gives no picture', () => {
  assert.equal(
    renderLearningRates({ points: [{ learningRate: 1, loss: Number.NaN, smoothed: Number.NaN }], suggestion: 1 }).text,
    '',
  )
})

test('a page of its own names what it is about, safely', () => {
  const page = renderLearningRatePage({ points, suggestion: 1e-3 }, '<b>flowers', '2025-01-31T09:05:59.000Z')
  assert.match(page, /<title>&lt;b&gt;flowers<\/title>/)
  assert.match(page, /<svg class="plot"/)
  assert.doesNotMatch(page, /<script|<link/)
})

test('ticks are round and within their range', () => {
  const close = (found: number[], expected: number[]) =>
    assert.ok(found.length === expected.length && found.every((v, i) => Math.abs(v - expected[i]!) < 1e-9), `${found}`)
  close(roundTicks([0.13, 0.98], 5), [0.2, 0.4, 0.6, 0.8])
  close(roundTicks([0, 1], 5), [0, 0.2, 0.4, 0.6, 0.8, 1])
  close(powersOfTen([2e-6, 0.1]), [1e-5, 1e-4, 1e-3, 1e-2, 1e-1])
})

test('a plot puts the corners of its range into its corners', () => {
  const axis = { title: '', range: [0, 10] as const, ticks: [], format: String }
  const plot = new Plot(axis, axis)
  assert.ok(plot.x(0) < plot.x(5) && plot.x(10) - plot.x(5) === plot.x(5) - plot.x(0))
  assert.ok(plot.y(0) > plot.y(10) && plot.y(10) >= 0)
})
