import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { preset, ViT, type ViTConfig } from '../nn/index.js'
import { paddleTable, torchTable } from './index.js'

const root = new URL('../../', import.meta.url)
const fixture = (name: string) => readFileSync(new URL(`test/fixtures/layer-tables/${name}`, root), 'utf8')
const cases: Record<string, Partial<ViTConfig>> = JSON.parse(fixture('cases.json'))

for (const [name, config] of Object.entries(cases)) {
  test(`the table of ${name} is what paddle.summary prints`, () => {
    assert.equal(paddleTable(new ViT(config)), fixture(`${name}-paddle.txt`))
  })
  test(`the table of ${name} is what torchsummary prints`, () => {
    assert.equal(torchTable(new ViT(config)), fixture(`${name}-torch.txt`))
  })
}

const reference = fileURLToPath(new URL('../shared/reference/summary', root))
const skip = existsSync(reference) ? false : 'needs ../shared/reference/summary'

test('ViT-B/16 has the 204 lines of the Paddle notes', { skip }, () => {
  const expected = readFileSync(`${reference}/paddle-vit-b16-1000.txt`, 'utf8')
  assert.equal(paddleTable(new ViT({ ...preset('vit_base_patch16_224'), head: 'mlp' })), expected)
})

test("ViT-B/16 with 5 classes has the ONNX notes' rows and totals", { skip }, () => {
  const expected = JSON.parse(readFileSync(`${reference}/torchsummary-vit-b16-5.json`, 'utf8'))
  const lines = torchTable(new ViT({ ...preset('vit_base_patch16_224'), numClasses: 5 })).split('\n')
  const rows = lines.slice(3, 3 + expected.rows.length).map((line) => {
    const [, name, shape, parameters] = line.match(/^ *(\S+) +(\[.*\]) +([\d,]+)$/)!
    return [name, JSON.parse(shape!), Number(parameters!.replaceAll(',', ''))]
  })
  assert.deepEqual(rows, expected.rows)
  const integer = (value: number) => value.toLocaleString('en-US')
  assert.deepEqual(lines.slice(3 + rows.length), [
    '='.repeat(64),
    `Total params: ${integer(expected.total_params)}`,
    `Trainable params: ${integer(expected.trainable_params)}`,
    `Non-trainable params: ${integer(expected.non_trainable_params)}`,
    '-'.repeat(64),
    `Input size (MB): ${expected.input_size_mb}`,
    `Forward/backward pass size (MB): ${expected.forward_backward_mb}`,
    `Params size (MB): ${expected.params_size_mb}`,
    `Estimated Total Size (MB): ${expected.estimated_total_mb}`,
    '-'.repeat(64),
    '',
  ])
})

test('no weight is drawn for a table', () => {
  const model = new ViT(preset('vit_huge_patch14_224')!)
  for (const parameter of model.parameters.values())
    Object.defineProperty(parameter, 'data', { get: () => assert.fail(`${parameter.name} was drawn`) })
  assert.match(paddleTable(model), /^Total params: 632,045,800$/m)
  // torchsummary misses the class token and the position embedding.
  assert.match(
    torchTable(model),
    new RegExp(`^Total params: ${(632045800 - 258 * 1280).toLocaleString('en-US')}$`, 'm'),
  )
})
