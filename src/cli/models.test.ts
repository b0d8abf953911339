import assert from 'node:assert/strict'
import { test } from 'node:test'
import { publishedModels } from '../nn/index.js'
import { assertFails, succeed, temporaryFolder, vitrine } from '../testing/command-line.js'

const folder = await temporaryFolder('models')

test('every published model is listed with its published size', async () => {
  const { stdout } = await succeed(folder, 'models', '--json')
  const models = JSON.parse(stdout)
  assert.equal(models.length, publishedModels.length)
  const base = models.find(({ name }: { name: string }) => name === 'vit_base_patch16_224')
  // Parameters and GMACs as in the papers, and the licence that the weights have on the hub.
  assert.deepEqual(base, {
    name: 'vit_base_patch16_224',
    parameters: 86567656,
    gmacs: 17.56,
    imageSize: 224,
    weights: 'hf:timm/vit_base_patch16_224.augreg_in21k_ft_in1k',
    licence: 'Apache-2.0',
  })
})

test('the list is a table, and a part of a name makes it shorter', async () => {
  const { stdout } = await succeed(folder, 'models', 'dinov2')
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines.length, 9)
  assert.match(lines[0]!, /^model +parameters +GMACs +input +licence +weights$/)
  assert.match(lines[1]!, /^vit_small_patch14_dinov2 +22\.1 M +\d+\.\d\d +518 +Apache-2\.0 +hf:timm\/vit_small_/)
})

test('a name that nothing has is one sentence', async () => {
  assertFails(await vitrine(folder, 'models', 'resnet'), 1, /no model has resnet in its name: leave it out/)
})
