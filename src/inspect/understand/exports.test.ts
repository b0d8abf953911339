import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  foundCounts,
  isRightVerdict,
  isViT,
  loadExports,
  trueCounts,
  understandExport,
  wrongConfig,
} from '../../testing/onnx-exports.js'

/** Written by tools/make-onnx-corpus.py --fixtures: together all forms that exporters give the parts of a ViT. */
const { folder, files } = loadExports(fileURLToPath(new URL('../../../test/fixtures/onnx', import.meta.url)))

for (const truth of files)
  test(`${truth.file}: the config and the parts of its source`, () => {
    const understanding = understandExport(folder, truth.file)
    assert.ok(isRightVerdict(understanding, truth), understanding.sentence)
    assert.deepEqual(foundCounts(understanding), trueCounts(truth))
    if (!isViT(truth)) return
    assert.deepEqual(wrongConfig(understanding, truth), [])
    assert.deepEqual(
      understanding.differences.filter(({ isMinor }) => !isMinor),
      [],
    )
  })
