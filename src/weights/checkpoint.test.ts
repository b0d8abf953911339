import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.js'
import { type Tensor, tensor } from '../onnx/tensor.js'
import { joinBytes } from '../onnx/wire.js'
import type { Files } from '../runtime/files.js'
import { readWeights } from './checkpoint.js'
import { toCanonical } from './names/index.js'
import { parseSafetensors, serializeSafetensors } from './safetensors.js'

const root = new URL('../../', import.meta.url)
const fixture = (path: string) => new Uint8Array(readFileSync(new URL(`test/fixtures/${path}`, root)))
const folderOf = (name: string) => ({
  'model/config.json': fixture(`${name}/config.json`),
  'model/model.safetensors': fixture(`${name}/model.safetensors`),
})

/** Files in memory, as far as reading goes. */
function memory(contents: Record<string, Uint8Array | string>): Files {
  const bytes = (path: string) => {
    const content = contents[path]!
    return typeof content === 'string' ? new TextEncoder().encode(content) : content
  }
  const files: Pick<Files, 'read' | 'readText' | 'kind' | 'list'> = {
    read: async (path) => bytes(path),
    readText: async (path) => new TextDecoder().decode(bytes(path)),
    list: async (folder) =>
      Object.keys(contents)
        .filter((path) => path.startsWith(`${folder}/`))
        .map((path) => ({ name: path.slice(folder.length + 1), kind: 'file' })),
    kind: async (path) => {
      if (path in contents) return 'file'
      return Object.keys(contents).some((name) => name.startsWith(`${path}/`)) ? 'folder' : undefined
    },
  }
  return files as Files
}

const labels = ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips']

test('a folder by timm is read', async () => {
  const files = folderOf('timm-tiny-vit')
  const weights = await readWeights(memory(files), 'model')
  assert.equal(weights.source, 'timm')
  assert.equal(weights.config?.architecture, 'vit_tiny_patch16_224')
  assert.deepEqual(weights.labels, labels)
  assert.deepEqual(weights.tensors, parseSafetensors(files['model/model.safetensors'], 'f').tensors)
})

test('a folder by transformers is read, under the names of timm', async () => {
  const files = folderOf('hf-tiny-vit')
  const weights = await readWeights(memory(files), 'model')
  assert.deepEqual([weights.source, weights.modelType], ['huggingface', 'vit'])
  assert.deepEqual(weights.labels, labels)
  const { tensors } = parseSafetensors(files['model/model.safetensors'], 'f')
  assert.deepEqual(weights.tensors, toCanonical(tensors, 'f').tensors)
})

test('weights of half precision are read as float32', async () => {
  const files = folderOf('timm-tiny-vit')
  const { tensors } = parseSafetensors(files['model/model.safetensors'], 'f')
  const half: Tensor = { dtype: 'bfloat16', shape: [24], data: new Uint16Array(24).fill(0x3fc0) }
  const content = joinBytes(serializeSafetensors(new Map([...tensors, ['norm.weight', half]])))
  const weights = await readWeights(memory({ ...files, 'model/model.safetensors': content }), 'model')
  assert.deepEqual(weights.tensors.get('norm.weight'), tensor('float32', Array(24).fill(1.5)))
})

test('weights in several files are read like those in one', async () => {
  const { 'model/model.safetensors': whole, ...rest } = folderOf('timm-tiny-vit')
  const tensors = [...parseSafetensors(whole as Uint8Array, 'f').tensors]
  const parts = { 'a.safetensors': tensors.slice(0, 9), 'b.safetensors': tensors.slice(9) }
  const entries = Object.entries(parts)
  const weight_map = Object.fromEntries(entries.flatMap(([file, part]) => part.map(([name]) => [name, file])))
  const shards = entries.map(([file, part]) => [`model/${file}`, joinBytes(serializeSafetensors(new Map(part)))])
  const index = { 'model/model.safetensors.index.json': JSON.stringify({ weight_map }) }
  const weights = await readWeights(memory({ ...rest, ...index, ...Object.fromEntries(shards) }), 'model')
  assert.deepEqual(new Map([...weights.tensors].sort()), new Map(tensors.sort()))
})

test('a folder whose config.json names no classes has no labels', async () => {
  const timm = { ...folderOf('timm-tiny-vit'), 'model/config.json': '{"architecture":"vit_tiny_patch16_224"}' }
  assert.equal('labels' in (await readWeights(memory(timm), 'model')), false)
  const huggingFace = { ...folderOf('hf-tiny-vit'), 'model/config.json': '{"model_type":"vit"}' }
  assert.equal('labels' in (await readWeights(memory(huggingFace), 'model')), false)
})

const good = folderOf('timm-tiny-vit')
const weightsOf = (folder: typeof good) => folder['model/model.safetensors'] as Uint8Array
const withConfig = (text: string) => ({ ...good, 'model/config.json': text })
const withTensors = (...tensors: [string, Tensor][]) => ({
  ...good,
  'model/model.safetensors': joinBytes(serializeSafetensors(new Map(tensors))),
})
test('a folder without config.json, and a file alone', async () => {
  const { 'model/model.safetensors': content } = folderOf('timm-tiny-vit')
  for (const [path, name] of [
    ['model', 'model/model.safetensors'],
    ['model', 'model/best.pth'],
    ['model/best.pth', 'model/best.pth'],
    ['best.pth', 'best.pth'],
  ] as const) {
    const weights = await readWeights(memory({ [name]: content, 'model/README.md': '' }), path)
    assert.equal(weights.file, name)
    assert.equal(weights.tensors.get('head.weight')?.shape[0], 5)
    assert(!('config' in weights) && !('labels' in weights))
  }
})

test('the config.json beside a file counts where the file has the name of those in model folders', async () => {
  const files = folderOf('timm-tiny-vit')
  const usual = await readWeights(memory(files), 'model/model.safetensors')
  assert.deepEqual(usual.labels, labels)
  const other = memory({ ...files, 'model/other.safetensors': files['model/model.safetensors'] })
  assert.equal((await readWeights(other, 'model/other.safetensors')).config, undefined)
})

test('a pooler beside a classifier is left out, as transformers does, but not where we wrote it', async () => {
  const files = folderOf('hf-tiny-vit')
  const { tensors } = parseSafetensors(files['model/model.safetensors'], 'f')
  const pooler: [string, Tensor][] = [['vit.pooler.dense.weight', tensor('float32', Array(24 * 24).fill(1), [24, 24])]]
  const read = async (tensors: Iterable<[string, Tensor]>, config: string) => {
    const content = joinBytes(serializeSafetensors(new Map(tensors)))
    const folder = { 'model/model.safetensors': content, 'model/config.json': config }
    return (await readWeights(memory(folder), 'model')).tensors.has('pre_logits.fc.weight')
  }
  assert(!(await read([...tensors, ...pooler], '{}')))
  assert(await read([...tensors, ...pooler], '{"vitrine":{"representationSize":24}}'))
  assert(await read([...[...tensors].filter(([name]) => !name.startsWith('classifier')), ...pooler], '{}'))
})

test('names of classes that are none are left to whoever reads the config', async () => {
  for (const id2label of [{ 1: 'a' }, { 0: 1 }, 'abc', [1], 5, {}]) {
    const files = { ...folderOf('hf-tiny-vit'), 'model/config.json': JSON.stringify({ id2label }) }
    assert.equal((await readWeights(memory(files), 'model')).labels, undefined)
  }
})

test('names of classes of a model without a head are none', async () => {
  const files = folderOf('hf-tiny-vit')
  const { tensors } = parseSafetensors(files['model/model.safetensors'], 'f')
  const bare = new Map([...tensors].filter(([name]) => !name.startsWith('classifier')))
  const content = joinBytes(serializeSafetensors(bare))
  assert.equal((await readWeights(memory({ ...files, 'model/model.safetensors': content }), 'model')).labels, undefined)
})

const refused: [string, Record<string, Uint8Array | string>, RegExp][] = [
  ['nothing there', {}, /^model does not exist: give a model folder, or a file of weights$/],
  ['no weights in a file', { model: '' }, /^model is in no known format of weights/],
  [
    'files to choose from',
    { 'model/a.pth': '', 'model/b.pth': '' },
    /^model has more than one file .*\(a\.pth, b\.pth\)/,
  ],
  ['no weights', { 'model/config.json': '{}' }, /^model has no weights: it should hold model\.safetensors/],
  ['broken JSON', withConfig('{"architecture":'), /^model\/config\.json is not valid JSON/],
  ['a config.json of another kind', withConfig('[]'), /^model\/config\.json is not a JSON object/],
  ['labels that are no strings', withConfig('{"label_names":[1]}'), /label_names/],
  ['labels of another number', withConfig('{"label_names":["a"]}'), /has 5 classes, but .* names 1:/],
  [
    'another timm model',
    withTensors(['conv1.weight', tensor('float32', [1])]),
    /holds no Vision Transformer that Vitrine knows/,
  ],
  ['integer weights', withTensors(['patch_embed.proj.weight', tensor('int8', [1])]), /weight as int8/],
  [
    'a pointer',
    { ...good, 'model/model.safetensors': 'version https://git-lfs' },
    /model\.safetensors is a pointer of Git LFS/,
  ],
  ['broken weights', { ...good, 'model/model.safetensors': weightsOf(good).subarray(0, 5000) }, /model\.safetensors/],
]
for (const [what, files, pattern] of refused) {
  test(`${what}: one sentence says so`, async () => {
    await assert.rejects(readWeights(memory(files), 'model'), (error) => {
      assert(error instanceof UserError, String(error))
      assert.match(error.message, pattern)
      return true
    })
  })
}

const shared = '../shared/weights/vit_tiny_patch16_224'
const sharedPath = fileURLToPath(new URL(shared, root))
test('a pretrained ViT-Ti/16 is read', { skip: existsSync(sharedPath) ? false : `needs ${shared}` }, async () => {
  const files: Record<string, Uint8Array> = {}
  for (const name of ['config.json', 'model.safetensors']) {
    files[`model/${name}`] = new Uint8Array(readFileSync(`${sharedPath}/${name}`))
  }
  const { source, labels, tensors } = await readWeights(memory(files), 'model')
  assert.equal(source, 'timm')
  assert.equal(labels?.length, 1000)
  assert.equal(labels[985], 'daisy')
  assert.equal(tensors.size, 152)
  assert.equal(
    [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0),
    5_717_416,
  )
})
