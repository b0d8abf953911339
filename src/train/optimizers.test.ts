import assert from 'node:assert/strict'
import { test } from 'node:test'
import { classifierErrors, fixture, type Outcome } from '../testing/ten-steps.js'
import { crossEntropy } from './losses/index.js'
import { adafactor, adamw, lamb, lion, sgd } from './optimizers/index.js'
import type { UpdateOptions } from './train-step.js'

// PyTorch's AdamW and SGD and timm's Lamb, Lion and Adafactor in float64, by tools/make-optimizer-fixture.py.
const optimizers: Record<string, UpdateOptions> = {
  adamw: { optimizer: adamw({ weightDecay: 0.05 }) },
  'adamw clipped': { optimizer: adamw({ weightDecay: 0.05 }), clipNorm: 0.1 },
  'adamw scaled': {
    optimizer: adamw({ weightDecay: 0.05 }),
    learningRateScale: (name) => (name === 'weight' ? 0.25 : 1),
  },
  sgd: { optimizer: sgd({ momentum: 0 }), clipNorm: 0.1 },
  'sgd value': { optimizer: sgd({ momentum: 0 }), clipValue: 0.01 },
  'sgd momentum': { optimizer: sgd({ weightDecay: 0.01 }), clipNorm: 0.1 },
  'sgd nesterov': { optimizer: sgd({ nesterov: true, weightDecay: 0.01 }) },
  lamb: { optimizer: lamb({ weightDecay: 0.02 }) },
  'lamb clipped': { optimizer: lamb({ weightDecay: 0.02 }), clipNorm: 0.1 },
  lion: { optimizer: lion({ weightDecay: 0.1 }) },
  'lion clipped': { optimizer: lion({ weightDecay: 0.1 }), clipNorm: 0.1 },
  adafactor: { optimizer: adafactor({ weightDecay: 0.05 }) },
  'adafactor clipped': { optimizer: adafactor({ weightDecay: 0.05 }), clipNorm: 0.1 },
}

test('every optimizer of the fixture is tested', () => {
  assert.deepEqual(Object.keys(optimizers), Object.keys(fixture.optimizers))
})

for (const [name, options] of Object.entries(optimizers))
  test(`ten steps of ${name} equal the original`, async () => {
    const { losses, norms, parameters } = await classifierErrors(fixture.optimizers[name] as Outcome, {
      ...options,
      loss: crossEntropy(),
    })
    assert.equal(losses.length, 10)
    // float32 against float64: a few roundings a step.
    for (const [i, error] of losses.entries()) assert.ok(error < 1e-5, `loss of step ${i}: relative error ${error}`)
    for (const [i, error] of norms.entries()) assert.ok(error < 1e-5, `norm of step ${i}: relative error ${error}`)
    for (const [parameter, error] of parameters) assert.ok(error < 1e-5, `${parameter}: relative error ${error}`)
  })
