import assert from 'node:assert/strict'
import { test } from 'node:test'
import { evaluationGraph } from './preprocess-graph.js'
import { defaultPreprocessor } from './preprocessor-config.js'

test('the shapes at the border are known', () => {
  const graph = evaluationGraph({ ...defaultPreprocessor(224), crop: { height: 200, width: 160 } })
  assert.deepEqual(graph.inputs[0]!.shape, ['height', 'width', 3])
  assert.equal(graph.inputs[0]!.dtype, 'uint8')
  assert.equal(graph.outputs[0]!.name, 'pixel_values')
  assert.deepEqual(graph.outputs[0]!.shape, [1, 3, 200, 160])
  assert.equal(graph.outputs[0]!.dtype, 'float32')
})
