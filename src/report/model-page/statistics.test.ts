import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ByteSource, encodeModel, Graph, readModel } from '../../onnx/index.js'
import { statisticsOf } from './statistics.js'

/** The initializer of a model with one, as it is read from a file; `read` counts the bytes read of it. */
function weightInFile(shape: readonly number[], data: Float32Array | Uint16Array) {
  const graph = new Graph()
  const dtype = data instanceof Float32Array ? 'float32' : 'float16'
  const weight = graph.initializer('w', dtype, shape, data)
  graph.output('y', graph.emit('Identity', [weight])[0]!)
  const bytes = encodeModel(graph)
  const read = { bytes: 0 }
  const source: ByteSource = {
    size: bytes.length,
    read(offset, length) {
      read.bytes += length
      return bytes.slice(offset, offset + length)
    },
  }
  return { value: readModel(source).graph.initializers.get('w')!, read }
}

test('of a small weight all numbers count', () => {
  const { value } = weightInFile([2, 4], new Float32Array([-1, 0, 0, 1, 2, 2, 3, 1]))
  const [count, seen, min, max, mean, std, bins] = statisticsOf(value)!
  assert.deepEqual([count, seen, min, max, mean], [8, 8, -1, 3, 1])
  assert.ok(Math.abs(std - Math.sqrt(12 / 8)) < 1e-4)
  // 40 bins from -1 to 3: a tenth each; the largest number is in the last one.
  assert.deepEqual(
    [0, 10, 20, 30, 39].map((bin) => bins[bin]),
    [50, 100, 100, 100, 50],
  )
  assert.equal(
    bins.reduce((sum, bin) => sum + bin, 0),
    400,
  )
})

test('of a huge weight a part is read, and tells nearly the same', () => {
  const count = 4_000_000
  const numbers = Float32Array.from({ length: count }, (_, i) => Math.sin(i) * (1 + i / count))
  const { value, read } = weightInFile([2000, 2000], numbers)
  read.bytes = 0
  const [all, seen, min, max, mean, std] = statisticsOf(value)!
  assert.ok(read.bytes <= 2 ** 18, `${read.bytes} bytes`)
  assert.deepEqual([all, seen], [count, 16_384])
  // The numbers go evenly to the ends: x·sin with x from 1 to 2.
  assert.ok(min < -1.9 && max > 1.9 && Math.abs(mean) < 0.02)
  assert.ok(Math.abs(std - Math.sqrt(7 / 6)) < 0.02, String(std))
})

test('half precision is decoded; what is no number is left out', () => {
  const { value } = weightInFile([4], new Uint16Array([0x3c00, 0xc000, 0x7e00, 0x3800]))
  const [count, , min, max, mean] = statisticsOf(value)!
  assert.deepEqual([count, min, max], [4, -2, 1])
  assert.ok(Math.abs(mean - (1 - 2 + 0.5) / 3) < 1e-4)
})
