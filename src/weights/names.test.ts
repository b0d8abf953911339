import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { allocate, elementCount, type Tensor, tensor } from '../onnx/tensor.js'
import { huggingFaceToTimm, timmToHuggingFace } from './names.js'
import { parseSafetensors } from './safetensors.js'

const fixtures = new URL('../../test/fixtures/', import.meta.url)
const load = (folder: string) =>
  parseSafetensors(readFileSync(new URL(`${folder}/model.safetensors`, fixtures)), folder).tensors
const huggingFace = load('hf-tiny-vit')
const timm = load('timm-tiny-vit')

const shapes = (tensors: Map<string, Tensor>) =>
  Object.fromEntries([...tensors].map(([name, { shape }]) => [name, [...shape]] as const).sort())

const columns = (tensors: Map<string, Tensor>) =>
  Object.fromEntries([...tensors].map(([name, { dtype, shape, data }]) => [name, { dtype, shape: [...shape], data }]))

const zeros = (shape: number[]): Tensor => ({ dtype: 'float32', shape, data: allocate('float32', elementCount(shape)) })

/** The fixtures differ in the width of the MLP alone, which is 96 in the one of timm. */
const timmShapesOfHuggingFace = () => {
  const expected = shapes(timm)
  for (const block of [0, 1]) {
    expected[`blocks.${block}.mlp.fc1.weight`] = [48, 24]
    expected[`blocks.${block}.mlp.fc1.bias`] = [48]
    expected[`blocks.${block}.mlp.fc2.weight`] = [24, 48]
  }
  return expected
}

test('every name of a file by transformers becomes a name of a file by timm, with its shape', () => {
  assert.deepEqual(shapes(huggingFaceToTimm(huggingFace)), timmShapesOfHuggingFace())
})

test('the names that transformers 5 uses in memory are understood as well', () => {
  const { namesInMemory } = JSON.parse(readFileSync(new URL('hf-tiny-vit/expected.json', fixtures), 'utf8'))
  const tensors = new Map(Object.entries(namesInMemory as Record<string, number[]>).map(([k, v]) => [k, zeros(v)]))
  assert(tensors.has('vit.layers.1.attention.q_proj.weight'))
  assert.deepEqual(shapes(huggingFaceToTimm(tensors)), timmShapesOfHuggingFace())
})

test('the names of a bare ViTModel, without vit., are understood as well', () => {
  const bare = new Map([...huggingFace].map(([name, value]) => [name.replace('vit.', ''), value]))
  bare.set('pooler.dense.weight', zeros([24, 24]))
  const expected: Record<string, number[]> = { ...timmShapesOfHuggingFace(), 'pre_logits.fc.weight': [24, 24] }
  assert.deepEqual(
    shapes(huggingFaceToTimm(bare)),
    shapes(new Map(Object.entries(expected).map(([k, v]) => [k, zeros(v)]))),
  )
})

test('query, key and value are joined in this order, whatever their order in the file', () => {
  const name = (part: string) => `vit.encoder.layer.11.attention.attention.${part}.weight`
  const parts: [string, Tensor][] = [
    [name('key'), tensor('float32', [5, 6, 7, 8], [2, 2])],
    [name('value'), tensor('float32', [9, 10, 11, 12], [2, 2])],
    [name('query'), tensor('float32', [1, 2, 3, 4], [2, 2])],
  ]
  const joined = huggingFaceToTimm(new Map(parts))
  assert.deepEqual([...joined.keys()], ['blocks.11.attn.qkv.weight'])
  const fused = joined.get('blocks.11.attn.qkv.weight')!
  assert.deepEqual(fused.shape, [6, 2])
  assert.deepEqual([...fused.data], [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])

  const split = timmToHuggingFace(joined)
  assert.deepEqual(columns(split), columns(new Map(parts)))
  for (const part of split.values()) assert.equal(part.data.buffer, fused.data.buffer)
})

test('there and back again is where it began, both ways', () => {
  assert.deepEqual(columns(timmToHuggingFace(huggingFaceToTimm(huggingFace))), columns(huggingFace))
  assert.deepEqual(columns(huggingFaceToTimm(timmToHuggingFace(timm))), columns(timm))
})

test('parts that do not fit together are left alone', () => {
  const q = 'vit.encoder.layer.0.attention.attention.query.bias'
  const k = 'vit.encoder.layer.0.attention.attention.key.bias'
  const v = 'vit.encoder.layer.0.attention.attention.value.bias'
  const missing = new Map([q, k].map((name) => [name, zeros([4])]))
  assert.deepEqual([...huggingFaceToTimm(missing).keys()], [q, k])
  const unequal = new Map([q, k, v].map((name, i) => [name, zeros([4 + i])]))
  assert.deepEqual([...huggingFaceToTimm(unequal).keys()], [q, k, v])
  assert.throws(() => timmToHuggingFace(new Map([['blocks.0.attn.qkv.bias', zeros([4])]])), /\[4\]/)
})

test('unknown names stay as they are', () => {
  const names = [
    'dist_token',
    'blocks.0.ls1.gamma',
    'head_dist.weight',
    'vit.encoder.layer.0.new.weight',
    'blocks.0.attn.qkv.lora.weight',
    'a\nb',
    '',
  ]
  const tensors = new Map(names.map((name) => [name, zeros([1])]))
  assert.deepEqual([...huggingFaceToTimm(tensors).keys()], names)
  assert.deepEqual([...timmToHuggingFace(tensors).keys()], names)
})
