import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph } from '../onnx/index.js'
import { bindSizes, chooseSizes, randomFeeds } from './index.js'

/** A model of pictures and words. */
function inputs(): Graph {
  const graph = new Graph()
  const pixels = graph.input('pixels', 'float32', ['batch', 'channels', 'height', 'width'])
  const ids = graph.input('ids', 'int64', ['batch', 'length'])
  graph.input('attention_mask', 'int64', ['batch', 'length'])
  const words = graph.initializer('words', 'float32', [7, 4], new Float32Array(28))
  graph.output('embedded', graph.emit('Gather', [words, ids])[0]!)
  graph.output('shape', graph.emit('Shape', [pixels])[0]!)
  return graph
}

test('open sizes: the batch as asked for, pictures as the model says, else usual ones', () => {
  assert.deepEqual(chooseSizes(inputs()), { batch: 1, channels: 3, height: 224, width: 224, length: 128 })
  assert.deepEqual(chooseSizes(inputs(), { batch: 2, imageSize: 32, channels: 1 }), {
    batch: 2,
    channels: 1,
    height: 32,
    width: 32,
    length: 128,
  })
})

test('inputs are of the right size and kind, and the same for a seed', () => {
  const graph = inputs()
  const draw = (seed: number) => randomFeeds(graph, bindSizes(graph, chooseSizes(graph, { imageSize: 8 })), seed)
  const { pixels, ids, attention_mask } = draw(1)
  assert.deepEqual(
    [pixels!.shape, ids!.shape],
    [
      [1, 3, 8, 8],
      [1, 128],
    ],
  )
  assert.ok(new Set(ids!.data as BigInt64Array).size > 3)
  assert.ok(
    (ids!.data as BigInt64Array).every((id) => id >= 0n && id < 7n),
    'ids are rows of the table',
  )
  assert.ok((attention_mask!.data as BigInt64Array).every((bit) => bit === 1n))
  assert.deepEqual(draw(1), draw(1))
  assert.notDeepEqual(draw(1).pixels, draw(2).pixels)
})

test('sizes that follow from open ones are known once those are bound', () => {
  const graph = inputs()
  const sizes = bindSizes(graph, { batch: 3, length: 5 })
  assert.deepEqual(sizes(graph.outputs[0]!), [3, 5, 4])
  assert.equal(sizes(graph.inputs[0]!), undefined)
})
