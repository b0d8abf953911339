import assert from 'node:assert/strict'
import { test } from 'node:test'
import { completeConfig, defaultConfig, preset, presetNames, ViT, type ViTConfig } from './index.js'

test('what is left out is ViT-B/16 at 224 pixels', () => {
  assert.deepEqual(completeConfig({}), defaultConfig)
  assert.deepEqual(completeConfig({ depth: 3 }), { ...defaultConfig, depth: 3 })
})

const mistakes: [Partial<Record<keyof ViTConfig, unknown>>, RegExp][] = [
  [{ depth: 0 }, /^depth must be a whole number above 0, not 0$/],
  [{ numClasses: 2.5 }, /^numClasses must be a whole number above 0, not 2.5$/],
  [{ embedDim: Number.NaN }, /^embedDim must be a whole number above 0, not NaN$/],
  [{ inChannels: '3' }, /^inChannels must be a whole number above 0, not 3$/],
  [{ dropout: 1 }, /^dropout must be from 0 to below 1, not 1$/],
  [{ attentionDropout: -0.1 }, /^attentionDropout must be from 0 to below 1, not -0.1$/],
  [{ dropPath: Number.NaN }, /^dropPath must be from 0 to below 1, not NaN$/],
  [{ mlpRatio: 0 }, /^mlpRatio must be above 0, not 0$/],
  [{ layerNormEps: -1e-6 }, /^layerNormEps must be above 0, not -0.000001$/],
  [{ representationSize: -1 }, /^representationSize must be a whole number from 0 on, not -1$/],
  [{ head: 'conv' }, /^head must be one of linear, mlp, not conv$/],
  [{ initialization: 'zeros' }, /^initialization must be one of paddle, wzm, not zeros$/],
  [{ imageSize: 225 }, /^imageSize 225 is not a multiple of patchSize 16$/],
  [{ numHeads: 7 }, /^embedDim 768 does not divide among 7 heads$/],
]

for (const [options, message] of mistakes)
  test(`refused: ${JSON.stringify(options)}`, () => {
    assert.throws(() => new ViT(options as Partial<ViTConfig>), { name: 'RangeError', message })
  })

test('every preset is a model, and other names are none', () => {
  assert.equal(presetNames.length, 15)
  for (const name of presetNames) completeConfig(preset(name)!)
  assert.deepEqual(preset('vit_large_patch32_224'), {
    embedDim: 1024,
    depth: 24,
    numHeads: 16,
    imageSize: 224,
    patchSize: 32,
  })
  for (const name of ['vit_tiny_patch16_384', 'vit_giant_patch14_224', 'resnet50', ''])
    assert.equal(preset(name), undefined)
})
