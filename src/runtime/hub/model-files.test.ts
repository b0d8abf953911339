import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chooseModelFiles } from './model-files.js'

const described = ['config.json', 'preprocessor_config.json']

test('of the same weights for many frameworks, one is chosen', () => {
  const google = [
    '.gitattributes',
    'README.md',
    'config.json',
    'flax_model.msgpack',
    'model.safetensors',
    'preprocessor_config.json',
    'pytorch_model.bin',
    'tf_model.h5',
    'onnx/model.onnx',
    'checkpoint-1/model.safetensors',
  ]
  assert.deepEqual(chooseModelFiles(google), [...described, 'model.safetensors'])
  const timm = ['README.md', 'config.json', 'model.safetensors', 'pytorch_model.bin']
  assert.deepEqual(chooseModelFiles(timm), ['config.json', 'model.safetensors'])
  const older = ['config.json', 'pytorch_model.bin', 'tf_model.h5', 'model.ckpt']
  assert.deepEqual(chooseModelFiles(older), ['config.json', 'pytorch_model.bin'])
})

test('weights in several files are chosen with their index, where all are there', () => {
  const shards = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors']
  const index = 'model.safetensors.index.json'
  assert.deepEqual(chooseModelFiles(['config.json', ...shards, index]), ['config.json', index, ...shards])
  assert.equal(chooseModelFiles(['config.json', shards[0]!, index]), undefined)
  assert.deepEqual(chooseModelFiles(['config.json', shards[0]!, index, 'pytorch_model.bin']), [
    'config.json',
    'pytorch_model.bin',
  ])
  const bins = ['pytorch_model-00001-of-00001.bin', 'pytorch_model.bin.index.json']
  assert.deepEqual(
    chooseModelFiles(['config.json', ...bins])
      ?.slice(1)
      .sort(),
    bins,
  )
})

test('an ONNX model is chosen only where there are no weights', () => {
  const onnx = ['onnx/model.onnx', 'onnx/model.onnx_data', 'onnx/model_quantized.onnx', 'onnx/model.onnx.exe']
  assert.deepEqual(chooseModelFiles([...described, ...onnx]), [...described, 'onnx/model.onnx', 'onnx/model.onnx_data'])
  assert.deepEqual(chooseModelFiles(onnx), ['onnx/model.onnx', 'onnx/model.onnx_data'])
})

test('what is no model is not chosen', () => {
  assert.equal(chooseModelFiles([]), undefined)
  assert.equal(chooseModelFiles(['README.md', 'config.json']), undefined)
  assert.equal(chooseModelFiles(['model.safetensors']), undefined, 'weights of nobody knows what')
})
