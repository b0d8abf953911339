import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ViT } from '../nn/index.js'
import { layerDecayScale } from './layer-decay.js'

// What timm gives, by tools/make-layer-decay-fixture.py.
const { models } = JSON.parse(readFileSync(new URL('../../test/fixtures/layer-decay.json', import.meta.url), 'utf8'))
const small = { imageSize: 16, patchSize: 8, embedDim: 8, numHeads: 2, numClasses: 3 }

for (const [name, { config, scales }] of Object.entries<{
  config: object
  scales: Record<string, Record<string, number>>
}>(models))
  test(`layer decay is timm's for every parameter: ${name}`, () => {
    const vit = new ViT({ ...small, ...config })
    for (const [decay, expected] of Object.entries(scales)) {
      const scale = layerDecayScale(vit.config, Number(decay))
      const ours = Object.fromEntries([...vit.parameters.keys()].map((parameter) => [parameter, scale(parameter)]))
      assert.deepEqual(ours, expected)
    }
  })

test('a decay that raises the learning rate, or stops it, is refused', () => {
  for (const decay of [0, -1, 1.1, Number.NaN]) assert.throws(() => layerDecayScale({ depth: 2 }, decay), RangeError)
})
