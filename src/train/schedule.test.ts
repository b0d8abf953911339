import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { cosine, linear, oneCycle, perEpoch, type Schedule, stepDecay, warmupCosine, withWarmup } from './schedule.js'

// PyTorch's and timm's schedulers, by tools/make-schedule-fixture.py.
const fixture: Record<string, number[]> = JSON.parse(
  readFileSync(new URL('../../test/fixtures/schedules.json', import.meta.url), 'utf8'),
)

const learningRate = 0.2
const schedules: Record<string, Schedule> = {
  cosine: cosine({ learningRate, totalSteps: 23, finalShare: 0.1 }),
  'cosine timm': cosine({ learningRate, totalSteps: 20, finalShare: 0.1 }),
  'cosine warmed': warmupCosine({ learningRate, totalSteps: 24, warmupSteps: 5 }),
  linear: linear({ learningRate, totalSteps: 20, finalShare: 0.1 }),
  'linear warmed': withWarmup(5, linear({ learningRate, totalSteps: 19 })),
  step: stepDecay({ learningRate, stepSize: 7, factor: 0.3 }),
  'step timm': stepDecay({ learningRate, stepSize: 5, factor: 0.5 }),
  'step warmed': withWarmup(5, stepDecay({ learningRate, stepSize: 7, factor: 0.3 })),
  'one cycle': oneCycle({ learningRate, totalSteps: 25 }),
  'one cycle, others': oneCycle({ learningRate, totalSteps: 25, riseShare: 0.45, startFactor: 10, endFactor: 50 }),
  'a cosine of epochs': perEpoch(3, cosine({ learningRate, totalSteps: 8, finalShare: 0.01 })),
}

test('every schedule of the fixture is tested', () => {
  assert.deepEqual(Object.keys(schedules), Object.keys(fixture))
})

for (const [name, schedule] of Object.entries(schedules))
  test(`the schedule ${name} gives the original's learning rates`, () => {
    assert.equal(fixture[name]!.length, 24)
    for (const [step, expected] of fixture[name]!.entries()) {
      const rate = schedule(step)
      assert.ok(Math.abs(rate - expected) < 1e-12, `step ${step}: ${rate} instead of ${expected}`)
    }
  })

test('schedules stay at their end', () => {
  assert.equal(cosine({ learningRate, totalSteps: 5, finalShare: 0.5 })(99), 0.1)
  assert.equal(linear({ learningRate, totalSteps: 5, finalShare: 0.5 })(99), 0.1)
  assert.ok(Math.abs(oneCycle({ learningRate, totalSteps: 5 })(99) - learningRate / 25e4) < 1e-12)
})
