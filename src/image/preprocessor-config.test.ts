import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import {
  defaultPreprocessor,
  type PreprocessorConfig,
  preprocessorOfChannels,
  preprocessorOfSize,
} from './preprocessor-config.js'

const border: PreprocessorConfig = {
  ...defaultPreprocessor(224),
  resize: { fit: 'inside', height: 224, width: 112, rounding: 'round' },
  crop: { height: 224, width: 112 },
  fill: [1, 2, 6],
  mean: [0.1, 0.2, 0.3],
}

test('another size shows the same part of a picture', () => {
  const larger = preprocessorOfSize(defaultPreprocessor(224), 448)
  assert.deepEqual(larger.resize, { shortestEdge: 496 })
  assert.deepEqual(larger.crop, { height: 448, width: 448 })
  const { resize, crop } = preprocessorOfSize(border, 224)
  assert.deepEqual(resize, { fit: 'inside', height: 448, width: 224, rounding: 'round' })
  assert.deepEqual(crop, { height: 448, width: 224 })
})

test('one channel gets the mean of three, and three get the one', () => {
  const grey = preprocessorOfChannels(border, 1)
  assert.deepEqual([grey.fill, grey.std], [[3], [0.5]])
  assert.ok(Math.abs(grey.mean[0] - 0.2) < 1e-12)
  assert.equal(preprocessorOfChannels(border, 3), border)
  assert.deepEqual(preprocessorOfChannels(grey, 3).fill, [3, 3, 3])
  assert.throws(() => preprocessorOfChannels(border, 4), UserError)
})
