import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, quickTraining, succeed, vitrine, workplace } from '../testing/command-line.js'
import { parseSafetensors } from '../weights/index.js'

const exports = fileURLToPath(new URL('../../test/fixtures/onnx/', import.meta.url))
const foreign = `${exports}hf-vit_torchscript_opset14_no-dynamic.onnx`
const folder = await workplace('onnx-model')
await mkdir(`${folder}/alone`)
await succeed(folder, 'export', 'tiny', '--output', 'alone/tiny.onnx', '--opset', '17')

const tensors = async (path: string) => {
  const file = await nodeFiles.read(`${folder}/${path}`)
  return [...parseSafetensors(new Uint8Array(file), path).tensors].map(([name, { shape, data }]) => [name, shape, data])
}

test('our own .onnx file gives back the folder that it was exported from', async () => {
  const { stderr } = await succeed(folder, 'convert', 'alone/tiny.onnx', '--to', 'hf', '--output', 'back')
  assert.equal(
    stderr,
    [
      'weights     alone/tiny.onnx (ONNX, rebuilt with the same outputs)',
      'matched     32 of 32 parameters',
      'wrote config.json, preprocessor_config.json, model.safetensors, onnx/model.onnx',
      '',
    ].join('\n'),
  )
  assert.deepEqual(await tensors('back/model.safetensors'), await tensors('tiny/model.safetensors'))
  for (const file of ['config.json', 'preprocessor_config.json'])
    assert.equal(await nodeFiles.readText(`${folder}/back/${file}`), await nodeFiles.readText(`${folder}/tiny/${file}`))
})

test("another exporter's .onnx file is a model for every command", async () => {
  const { stderr } = await succeed(folder, 'convert', foreign, '--to', 'timm', '--output', 'for-timm')
  assert.match(stderr, /does not say how pictures are prepared, so they are made 16 × 16/)
  const config = JSON.parse(await nodeFiles.readText(`${folder}/for-timm/config.json`))
  assert.deepEqual([config.num_classes, config.num_features], [5, 12])
  assert.match((await succeed(folder, 'summary', foreign)).stdout, /^Vi(T|sion).*\n/m)
  assert.match((await succeed(folder, 'export', foreign, '--output', 'x.onnx')).stdout, /batch, 5\], opset 20/)
})

test('training goes on from an .onnx file, at another size and with other classes', async () => {
  // All but its model.
  const flags = [...quickTraining.slice(2), '--epochs', '1']
  const args = ['train', 'pics', '--model', foreign, '--image-size', '24', ...flags, '--output', 'run']
  const { stderr } = await succeed(folder, ...args)
  assert.match(
    stderr,
    /note: the head is new: \S+ tells apart class 0, class 1, .* and here the classes are blue, green, red/,
  )
  assert.match(stderr, /was made to fit: pos_embed 2×2 → 3×3/)
  assert.match((await succeed(folder, 'predict', 'run', 'pics/red')).stdout, /red/)
})

test('an .onnx file that is no ViT is refused in one sentence, and nothing is written', async () => {
  await nodeFiles.write(`${folder}/fake.onnx`, 'hello')
  const mixer = `${exports}unusual-mixer_dynamo_opset20_stripped.onnx`
  const cases: [string, RegExp][] = [
    ['fake.onnx', /fake\.onnx cannot be read: it is not an ONNX model, or it is cut short$/m],
    [mixer, /is not quite a Vision Transformer that Vitrine has: block 1 has a MatMul.* where others have attention$/m],
  ]
  for (const [file, message] of cases)
    assertFails(await vitrine(folder, 'convert', file, '--to', 'hf', '--output', 'never'), 1, message)
  assert.equal(await nodeFiles.kind(`${folder}/never`), undefined)
})
