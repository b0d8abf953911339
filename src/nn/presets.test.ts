import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { completeConfig, preset, publishedModels, ViT } from './index.js'

interface TimmModel {
  parameters: number
  tensors: number
  numClasses: number
  heads: number
  activation: string
  eps: number
  imageSize: number
}

const fixture = new URL('../../test/fixtures/presets.json', import.meta.url)
const timmModels: Record<string, TimmModel> = JSON.parse(readFileSync(fixture, 'utf8')).models

const activations: Record<string, string> = {
  gelu: 'GELU',
  geluTanh: 'GELUTanh',
  quickGelu: 'QuickGELU',
  silu: 'SiLU',
}

// timm builds some models without classes, and others with as many as their usual weights have.
for (const [name, expected] of Object.entries(timmModels))
  test(`${name} is the model that timm builds under this name`, () => {
    const model = new ViT({ ...preset(name), numClasses: expected.numClasses })
    assert.deepEqual(
      {
        parameters: model.parameterCount,
        tensors: model.parameters.size,
        numClasses: model.config.numClasses,
        heads: model.config.numHeads,
        activation: activations[model.config.activation],
        eps: model.config.layerNormEps,
        imageSize: model.config.imageSize,
      },
      expected,
    )
  })

test('every published model has a preset, and no two the same name', () => {
  for (const { name } of publishedModels) completeConfig(preset(name)!)
  assert.equal(new Set(publishedModels.map(({ name }) => name)).size, publishedModels.length)
})

test('any size of picture and patch goes, and what follows a dot is ignored', () => {
  assert.deepEqual(preset('vit_large_patch32_512.some_tag'), {
    embedDim: 1024,
    depth: 24,
    numHeads: 16,
    imageSize: 512,
    patchSize: 32,
  })
  assert.equal(preset('vit_small_patch14_reg4_dinov2_224')!.imageSize, 224)
})

test('other names are no presets', () => {
  for (const name of [
    'resnet50',
    '',
    'vit_base_patch16',
    'vit_colossal_patch16_224',
    'deit_base_patch16_clip_224',
    'vit_base_patch16_reg4_224',
    'vit_base_distilled_patch16_224',
    'constructor_base_patch16_224',
    'vit_constructor_patch16_224',
  ])
    assert.equal(preset(name), undefined, name)
})
