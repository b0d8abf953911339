import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { Random } from '../random.js'
import { findLearningRate } from './learning-rate-finder.js'

/** Gradient descent on Σ cᵢ·xᵢ²/2, which diverges for learning rates above 2 / max c. */
function quadratic(curvatures: readonly number[], noise = 0) {
  const x = curvatures.map(() => 1)
  const random = new Random(0)
  return async (learningRate: number) => {
    const loss = curvatures.reduce((sum, c, i) => sum + (c * x[i]! ** 2) / 2, 0)
    for (const [i, c] of curvatures.entries()) x[i]! -= learningRate * c * x[i]!
    return loss * (1 + noise * random.normal())
  }
}

test('rates rise exponentially from the lowest to the highest', async () => {
  const { points } = await findLearningRate(async (rate) => 1 - rate, { lowest: 1e-4, highest: 1e-2, steps: 21 })
  assert.equal(points.length, 21)
  assert.equal(points[0]!.learningRate, 1e-4)
  assert.ok(Math.abs(points[10]!.learningRate / 1e-3 - 1) < 1e-9)
  assert.ok(Math.abs(points[20]!.learningRate / 1e-2 - 1) < 1e-9)
})

test('the smoothed loss is the mean of the losses, the later ones counting more', async () => {
  const { points } = await findLearningRate(async (rate) => -Math.log(rate), { steps: 11, smoothing: 0.5 })
  assert.equal(points[0]!.smoothed, points[0]!.loss)
  assert.ok(Math.abs(points[1]!.smoothed - (points[0]!.loss + 2 * points[1]!.loss) / 3) < 1e-12)
})

test('the suggestion is below where a quadratic diverges, and not far below, with and without noise', async () => {
  for (const noise of [0, 0.1])
    for (const scale of [1, 100]) {
      const curvatures = [scale, scale / 4, scale / 10]
      const { points, suggestion } = await findLearningRate(quadratic(curvatures, noise), { highest: 100 })
      assert.ok(suggestion < 2 / scale && suggestion > 0.01 / scale, `${suggestion} for ${scale} with noise ${noise}`)
      assert.ok(points.length < 100, 'it ends early')
    }
})

test('a loss that is no number ends the search', async () => {
  let steps = 0
  const { points } = await findLearningRate(async (rate) => {
    steps++
    return rate > 1e-3 ? Number.NaN : 1 - 100 * rate
  })
  assert.ok(points.every(({ loss }) => Number.isFinite(loss)))
  assert.equal(steps, points.length + 1)
})

test('a loss that never falls and a search that goes nowhere are user errors', async () => {
  await assert.rejects(
    findLearningRate(async (rate) => 1 + rate),
    UserError,
  )
  await assert.rejects(
    findLearningRate(async () => Number.NaN),
    UserError,
  )
  for (const options of [{ lowest: 0 }, { lowest: 2 }, { steps: 3 }])
    await assert.rejects(
      findLearningRate(async () => 1, options),
      UserError,
    )
})
