import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../errors.js'
import { isModelId, parseModelId } from './model-id.js'

test('ids of the hub are read, with and without a revision', () => {
  assert.deepEqual(parseModelId('hf:google/vit-base-patch16-224'), {
    repository: 'google/vit-base-patch16-224',
    revision: 'main',
  })
  assert.deepEqual(parseModelId('hf:timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k@v1.0'), {
    repository: 'timm/vit_tiny_patch16_224.augreg_in21k_ft_in1k',
    revision: 'v1.0',
  })
  assert.equal(parseModelId('hf:a/b@refs/pr/1').revision, 'refs/pr/1')
})

test('other names are no ids', () => {
  for (const name of ['google/vit-base-patch16-224', './hf:a/b', 'vit_tiny_patch16_224', 'hf'])
    assert.equal(isModelId(name), false)
})

test('ids that could lead elsewhere are refused in one sentence', () => {
  const wrong = [
    'hf:',
    'hf:vit',
    'hf:a/b/c',
    'hf:/b',
    'hf:a/',
    'hf:../b',
    'hf:a/..',
    'hf:a/b..c',
    'hf:a--b/c',
    'hf:.a/b',
    'hf:a/.b',
    'hf:a\\b/c',
    'hf:a/b?x=1',
    'hf:a/b#x',
    'hf:a b/c',
    `hf:a/${'b'.repeat(100)}`,
    'hf:https://huggingface.co/a/b',
    'hf:a/b@',
    'hf:a/b@../main',
    'hf:a/b@x/../y',
    'hf:a/b@/x',
    'hf:a/b@x/',
    'hf:a/b@x\\y',
    'hf:a/b@x@y',
    'hf:a/b@.x',
    'hf:a/b@x\n',
  ]
  for (const name of wrong) {
    assert.throws(
      () => parseModelId(name),
      (error: Error) => error instanceof UserError && /names no (model|revision)/.test(error.message),
      name,
    )
  }
})
