import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Files } from '../runtime/files.js'
import { chooseModelFiles } from '../runtime/hub/model-files.js'
import { findWeights } from './read-tensors.js'

const layouts = [
  ['model.safetensors'],
  ['model.safetensors.index.json', 'model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'],
  ['pytorch_model.bin'],
  ['pytorch_model.bin.index.json', 'pytorch_model-00001-of-00001.bin'],
]

/** A folder that holds these files. */
const folderOf = (names: readonly string[]) =>
  ({ kind: async (path) => (names.includes(path.slice('model/'.length)) ? 'file' : undefined) }) as Files

test('what is downloaded of a model of the hub is what is then read', async () => {
  for (const i of layouts.keys()) {
    // The best of several is chosen in both places.
    const listed = ['config.json', ...layouts.slice(i).flat()]
    const chosen = chooseModelFiles(listed)!
    assert.deepEqual(chosen, ['config.json', ...layouts[i]!])
    for (const present of [chosen, listed])
      assert.equal(await findWeights(folderOf(present), 'model'), `model/${layouts[i]![0]}`)
  }
})
