import assert from 'node:assert/strict'
import { test } from 'node:test'
import { referenceGradientErrors, referenceStepErrors, skipReference as skip } from '../testing/pytorch-reference.js'

test('loss and gradients of all parameters and of the pixels equal PyTorch in float64', { skip }, async () => {
  const { loss, gradients } = await referenceGradientErrors()
  assert.ok(loss < 1e-6, `loss: relative error ${loss}`)
  assert.ok(gradients.has('input') && gradients.has('blocks.2.attn.qkv.weight'))
  // float32 against float64: rounding alone gives about 1e-6.
  for (const [name, error] of gradients) assert.ok(error < 1e-4, `${name}: relative error ${error}`)
})

test('three clipped AdamW steps equal PyTorch: losses, gradient norms and the parameters after them', {
  skip,
}, async () => {
  const { losses, norms, parameters } = await referenceStepErrors()
  assert.equal(losses.length, 3)
  for (const [i, error] of losses.entries()) assert.ok(error < 1e-4, `loss ${i}: relative error ${error}`)
  for (const [i, error] of norms.entries()) assert.ok(error < 1e-4, `norm ${i}: relative error ${error}`)
  for (const [name, error] of parameters) assert.ok(error < 1e-4, `${name}: relative error ${error}`)
})
