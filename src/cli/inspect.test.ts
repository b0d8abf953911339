import assert from 'node:assert/strict'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import type { Comparison, Inspection } from '../inspect/index.js'
import { assertFails, inPairs, succeed, temporaryFolder, vitrine, writeTinyModel } from '../testing/command-line.js'

const folder = await temporaryFolder('inspect')
await writeTinyModel(`${folder}/tiny`)
await succeed(folder, 'export', 'tiny', '--output', 'old.onnx', '--opset', '13')
await succeed(folder, 'export', 'tiny', '--output', 'new.onnx', '--opset', '20')

test('a file, or the folder of a model: architecture and stages, without colours where nobody sees them', async () => {
  const { stdout, stderr } = await succeed(folder, 'inspect', 'old.onnx')
  assert.equal(stderr, '')
  assert.match(stdout, /^file +old\.onnx, \d+\.\d kB\n/)
  assert.match(stdout, /\nA Vision Transformer for pictures of 32 × 32 pixels/)
  assert.match(stdout, /LayerNorm +5, written as 9 nodes each, ε 1e-6\n/)
  assert.match(stdout, /\n {2}blocks\.0 – 1 \(2 ×\)/)
  assert.ok(!stdout.includes('\u001b['))
  const ofFolder = await succeed(folder, 'inspect', 'tiny')
  assert.match(ofFolder.stdout, /^file +tiny\/onnx\/model\.onnx, /)
})

test('JSON has everything, and the batch is as asked for', async () => {
  const { stdout } = await succeed(folder, 'inspect', 'new.onnx', '--json', '--batch', '2')
  const inspection: Inspection = JSON.parse(stdout)
  assert.equal(inspection.version, 1)
  assert.deepEqual(inspection.file.opsets, { '': 20 })
  assert.deepEqual(inspection.sizes, { batch: 2 })
  assert.equal(inspection.config?.depth, 2)
  assert.deepEqual(
    inspection.stages.map(({ kind }) => kind),
    ['preprocessing', 'encoder', 'postprocessing'],
  )
  assert.equal(inspection.nodes.length, inspection.totals.nodes)
})

test('--compare tells forms, weights and results of two files; differences are no error', async () => {
  const { stdout } = await succeed(folder, 'inspect', 'old.onnx', '--compare', 'new.onnx')
  assert.match(stdout, /^a +old\.onnx\nb +new\.onnx\n/)
  assert.match(stdout, /blocks\.\*\.norm1 \(2 ×\): form +decomposed +LayerNormalization\n/)
  assert.match(stdout, /weights +(\d+) of \1 are equal\n/)
  const json = await succeed(folder, 'inspect', 'old.onnx', '--compare', 'new.onnx', '--json')
  const { results, weights }: Comparison = JSON.parse(json.stdout)
  assert.deepEqual(weights.different, [])
  assert.ok(results!.outputs[0]!.relative < 1e-5)
})

test('--ops counts operators in the file, folded and fused', async () => {
  const { stdout } = await succeed(folder, 'inspect', 'old.onnx', '--ops')
  assert.match(stdout, /\nErf +2 +2\n/)
  assert.match(stdout, /\nLayerNormalization +5\n/)
  const [, all, , fused] = /\nall +(\d+) +(\d+) +(\d+)\n/.exec(stdout)!
  assert.match(stdout, new RegExp(`\\nvitrine optimize would leave ${fused} of ${all} nodes\\n$`))
})

test('--profile measures, puts the time down to parts, and leaves nothing behind', async () => {
  const leftovers = () => readdirSync(tmpdir()).filter((name) => name.startsWith('vitrine-profile-'))
  const before = new Set(leftovers())
  const { stdout } = await succeed(folder, 'inspect', 'new.onnx', '--profile', '--json')
  const { profile } = JSON.parse(stdout)
  assert.ok(profile.microseconds > 0)
  assert.ok(profile.attributed > 0.9, `only ${profile.attributed} of the time is put down to nodes`)
  assert.ok(profile.nodes.length > 10)
  assert.deepEqual(
    leftovers().filter((name) => !before.has(name)),
    [],
  )
})

test('--html writes a page', async () => {
  const { stdout } = await succeed(folder, 'inspect', 'new.onnx', '--html', 'new.html')
  assert.match(stdout, /^new\.html: /)
  assert.match(readFileSync(`${folder}/new.html`, 'utf8'), /<!doctype html>/i)
})

test('what cannot be inspected is one sentence that says what to do', async () => {
  writeFileSync(`${folder}/text.onnx`, 'this is no model at all')
  writeFileSync(`${folder}/empty.onnx`, '')
  writeFileSync(`${folder}/model.pt`, 'weights')
  writeFileSync(`${folder}/cut.onnx`, readFileSync(`${folder}/old.onnx`))
  truncateSync(`${folder}/cut.onnx`, 5000)
  const wrong: [name: string, ...words: RegExp[]][] = [
    ['missing.onnx', /cannot read missing\.onnx: there is no such file/],
    ['text.onnx', /text\.onnx cannot be read: .*not an ONNX model/],
    ['empty.onnx', /empty\.onnx/],
    ['cut.onnx', /cut\.onnx cannot be read: .*cut short/],
    ['.', /without onnx\/model\.onnx: name an \.onnx file/],
    ['model.pt', /model\.pt is a file of weights.*vitrine export model\.pt --output model\.onnx/],
    ['vit_tiny_patch16_224', /is a preset and no file.*vitrine export vit_tiny_patch16_224/],
  ]
  await inPairs(wrong, async ([name, ...words]) => assertFails(await vitrine(folder, 'inspect', name), 1, ...words))
  assertFails(await vitrine(folder, 'inspect', 'old.onnx', '--compare', 'missing.onnx'), 1, /missing\.onnx/)
})
