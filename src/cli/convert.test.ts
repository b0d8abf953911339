import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { nodeFiles } from '../runtime/node/files.js'
import { assertFails, succeed, temporaryFolder, vitrine, writeTinyModel } from '../testing/command-line.js'
import { formatLoadReport } from './format-load-report.js'

const families = fileURLToPath(new URL('../../test/fixtures/families/', import.meta.url))
const folder = await temporaryFolder('convert-command')
await writeTinyModel(`${folder}/tiny`)

test('convert writes a folder for a library, says what was read, and how to load it', async () => {
  const { stdout, stderr } = await succeed(folder, 'convert', 'tiny', '--to', 'timm', '--output', 'for-timm')
  assert.equal(stdout, 'timm.create_model("local-dir:for-timm", pretrained=True)\n')
  assert.equal(
    stderr,
    [
      'weights     tiny/model.safetensors (Hugging Face)',
      'matched     32 of 32 parameters',
      'wrote config.json, model.safetensors',
      '',
    ].join('\n'),
  )
  const hf = await succeed(folder, 'convert', 'tiny', '--to', 'hf', '--output', 'for-hf')
  assert.equal(hf.stdout, 'transformers.ViTForImageClassification.from_pretrained("for-hf")\n')
  assert.deepEqual(readdirSync(`${folder}/for-hf`), [
    'config.json',
    'model.safetensors',
    'onnx',
    'preprocessor_config.json',
  ])
})

test('convert --json prints one document, and resizes', async () => {
  const args = ['convert', 'tiny', '--to', 'torchvision', '--output', 'json', '--image-size', '48', '--json']
  const { stdout } = await succeed(folder, ...args)
  const { output, to, architecture, files, notices, report } = JSON.parse(stdout)
  assert.deepEqual([output, to, architecture, notices], ['json', 'torchvision', 'VisionTransformer', []])
  assert.deepEqual(files, ['README.md', 'class_indices.json', 'model.safetensors'])
  assert.deepEqual([report.source, report.matched, report.resized], ['huggingface', 32, ['pos_embed 4×4 → 6×6']])
  assert.match(await nodeFiles.readText(`${folder}/json/README.md`), /\n {4}image_size=48,\n/)
})

test('convert reads files of weights and makes one channel of three', async () => {
  const file = `${families}pth-deit/checkpoint.pth`
  const ended = await vitrine(folder, 'convert', file, '--to', 'timm', '--output', 'heads')
  assertFails(ended, 1, /does not tell how many attention heads/)
  await succeed(folder, 'convert', 'tiny', '--to', 'timm', '--output', 'grey', '--in-channels', '1')
  const config = JSON.parse(await nodeFiles.readText(`${folder}/grey/config.json`))
  assert.deepEqual([config.pretrained_cfg.input_size, config.pretrained_cfg.mean], [[1, 32, 32], [0.5]])
})

test('convert refuses what it cannot do, and folders that hold something, in one sentence', async () => {
  await nodeFiles.write(`${folder}/full/notes.txt`, 'mine')
  const full = await vitrine(folder, 'convert', 'tiny', '--to', 'hf', '--output', 'full')
  assertFails(full, 1, /full already holds notes.txt: name an empty or a new folder with --output$/m)
  const file = await vitrine(folder, 'convert', 'tiny', '--to', 'hf', '--output', 'full/notes.txt')
  assertFails(file, 1, /full\/notes.txt is a file/)
  assertFails(await vitrine(folder, 'convert', 'tiny', '--output', 'x'), 2, /--to/)
  assertFails(await vitrine(folder, 'convert', 'tiny', '--to', 'jax', '--output', 'x'), 2, /timm, hf, torchvision/)
  const refused = await vitrine(folder, 'convert', `${families}timm-vit-qk-norm`, '--to', 'hf', '--output', 'x')
  assert.equal(refused.code, 1)
  assert.match(refused.stderr, /\nerror: transformers has no .* normalised queries and keys: use --to timm\n$/)
  assert.equal(await nodeFiles.kind(`${folder}/x`), undefined)
})

test('a load report is aligned, and leaves out what did not happen', () => {
  const nothing = { transposed: [], resized: [], missing: [], leftOut: [], unexpected: [], notes: [] }
  const lines = formatLoadReport({
    ...nothing,
    file: 'vit.npz',
    source: 'google',
    matched: 31,
    transposed: ['a', 'b', 'c', 'd'],
    missing: ['head.weight'],
    notes: ['left out a tower', 'added a bias'],
  })
  assert.deepEqual(lines, [
    'weights     vit.npz (Google)',
    'matched     31 of 32 parameters',
    'transposed  4 (a, b, c, …)',
    'missing     1 (head.weight)',
    'note        left out a tower',
    'note        added a bias',
  ])
})
