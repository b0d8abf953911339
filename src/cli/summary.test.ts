import assert from 'node:assert/strict'
import { test } from 'node:test'
import { paddleTable, torchTable } from '../inspect/index.js'
import { preset, ViT } from '../nn/index.js'
import { assertFails, succeed, temporaryFolder, vitrine } from '../testing/command-line.js'

const folder = await temporaryFolder('summary')
const model = 'vit_base_patch16_224'

test('--style prints the table of the framework, for the head and classes asked for', async () => {
  const [paddle, torch, ours] = await Promise.all([
    succeed(folder, 'summary', model, '--style', 'paddle', '--head', 'mlp'),
    succeed(folder, 'summary', model, '--style', 'torch', '--num-classes', '5'),
    succeed(folder, 'summary', model),
  ])
  assert.equal(paddle.stdout, paddleTable(new ViT({ ...preset(model), head: 'mlp' })))
  assert.equal(paddle.stdout.match(/\n/g)?.length, 204)
  assert.equal(torch.stdout, torchTable(new ViT({ ...preset(model), numClasses: 5 })))
  assert.match(ours.stdout, /^layer .*\nViT /)
})

test('JSON has no style', async () => {
  assertFails(await vitrine(folder, 'summary', model, '--json', '--style', 'torch'), 2, /--style.*--json/)
  const { stdout } = await succeed(folder, 'summary', model, '--json')
  assert.equal(JSON.parse(stdout).model.parameters, 86567656)
})
