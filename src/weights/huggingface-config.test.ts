import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { parseHuggingFaceConfig, writeHuggingFaceConfig } from './huggingface-config.js'

const file = new URL('../../test/fixtures/hf-tiny-vit/config.json', import.meta.url)
const python = JSON.parse(readFileSync(file, 'utf8'))

function rejects(fields: object, pattern: RegExp) {
  assert.throws(
    () => parseHuggingFaceConfig({ ...python, ...fields }, 'x/config.json'),
    (error) => {
      assert(error instanceof UserError, String(error))
      assert.match(error.message, /^x\/config\.json /)
      assert.match(error.message, pattern)
      return true
    },
  )
}

test('what transformers wrote is read and written again, field by field', () => {
  const config = parseHuggingFaceConfig(python, 'f')
  assert.equal(config.hidden_size, 24)
  assert.equal(config.id2label[4], 'tulips')
  const { drop_path_rate, id2label, ...fields } = config
  const text = writeHuggingFaceConfig(
    { ...fields, architectures: ['ViTForImageClassification'], initializer_range: 0.02 },
    Object.values(id2label),
  )
  const { torch_dtype: dtype, ...written } = JSON.parse(text)
  // These have no meaning for a classifier, or only for the version that wrote them.
  const { encoder_stride, pooler_act, pooler_output_size, transformers_version, dtype: wanted, ...rest } = python
  assert.deepEqual(written, rest)
  assert.equal(dtype, wanted)
  assert.deepEqual(parseHuggingFaceConfig(JSON.parse(text), 'f'), config)
  assert.deepEqual(Object.keys(written), Object.keys(written).sort())
})

test('a file that leaves everything out has the defaults of transformers', () => {
  const config = parseHuggingFaceConfig({ model_type: 'vit', hidden_dropout_prob: null }, 'f')
  assert.equal(config.layer_norm_eps, 1e-12)
  assert.equal(config.hidden_size, 768)
  assert.equal(config.qkv_bias, true)
  assert.equal(config.hidden_dropout_prob, 0)
  assert.deepEqual(config.id2label, { 0: 'LABEL_0', 1: 'LABEL_1' })
})

test('every model type has its own defaults, and of a model with a text tower those of the other count', () => {
  const read = (json: object) => {
    const { model_type, hidden_act, layer_norm_eps, patch_size } = parseHuggingFaceConfig({ ...json }, 'f')
    return [model_type, hidden_act, layer_norm_eps, patch_size]
  }
  assert.deepEqual(read({ model_type: 'dinov2' }), ['dinov2', 'gelu', 1e-6, 14])
  assert.deepEqual(read({ model_type: 'clip' }), ['clip_vision_model', 'quick_gelu', 1e-5, 32])
  assert.deepEqual(read({ model_type: 'siglip', patch_size: 3, vision_config: { patch_size: 14 } }), [
    'siglip_vision_model',
    'gelu_pytorch_tanh',
    1e-6,
    14,
  ])
  assert.equal(
    parseHuggingFaceConfig({ model_type: 'clip_vision_model', attention_dropout: 0.25 }, 'f')
      .attention_probs_dropout_prob,
    0.25,
  )
})

test('a classifier that computes something else is refused', () => {
  const json = { model_type: 'clip', architectures: ['CLIPForImageClassification'] }
  assert.throws(
    () => parseHuggingFaceConfig(json, 'x/config.json'),
    /^UserError: x\/config\.json describes a CLIPForImageClassification, which Vitrine cannot be: /,
  )
})

test('labels are ordered by number, not by text', () => {
  const id2label = Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${11 - i}`, `class ${11 - i}`]))
  const config = parseHuggingFaceConfig({ ...python, id2label }, 'f')
  assert.deepEqual(
    Object.values(config.id2label),
    Array.from({ length: 12 }, (_, i) => `class ${i}`),
  )
  const fields = { model_type: 'vit' as const, architectures: [] }
  const { label2id } = JSON.parse(writeHuggingFaceConfig(fields, ['__proto__', 'b']))
  assert.deepEqual(Object.entries(label2id), [
    ['__proto__', 0],
    ['b', 1],
  ])
})

test('values that cannot be are refused', () => {
  rejects({ model_type: 'resnet' }, /model_type is "resnet"/)
  rejects({ model_type: undefined }, /model_type/)
  for (const value of [0, -1, 1.5, '24', [224, 224], 2 ** 60]) {
    rejects({ hidden_size: value }, /hidden_size .* whole number/)
    rejects({ image_size: value }, /image_size .* whole number/)
  }
  rejects({ num_attention_heads: 5 }, /multiple of num_attention_heads, which is 5/)
  rejects({ hidden_act: 'relu' }, /hidden_act "relu": it must be one that Vitrine knows: gelu, gelu_pytorch_tanh/)
  rejects({ qkv_bias: 1 }, /qkv_bias/)
  for (const value of [1, -0.1, '0']) rejects({ hidden_dropout_prob: value }, /hidden_dropout_prob/)
  for (const value of [0, -1e-6]) rejects({ layer_norm_eps: value }, /layer_norm_eps/)
  for (const value of [{}, { 1: 'a' }, { 0: 1 }, { 0: 'a', 2: 'b' }, ['a'], 'a', { '00': 'a' }]) {
    rejects({ id2label: value }, /id2label/)
  }
})
