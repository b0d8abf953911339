import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { elementCount, type Tensor } from '../../onnx/tensor.js'
import { adaptChannels } from './channels.js'
import { resizePatchEmbedding } from './patch-embedding.js'
import { type Grid, positionResamplings, resizePositionEmbedding } from './position-embedding.js'

// Made by tools/make-adapt-fixtures.py from the libraries themselves.
interface Fixture {
  features: number
  positions: {
    method: keyof typeof positionResamplings
    prefixTokens: number
    from: Grid
    to: Grid
    output: number[]
  }[]
  kernels: { shape: number[]; patchSize: number; output: number[] }[]
  channels: { shape: number[]; channels: number; output: number[] }[]
}
const fixture = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/adapt.json', import.meta.url), 'utf8'),
) as Fixture

/** The inputs of the script, by the same formula. */
function numbers(shape: readonly number[]): Tensor {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => ((31 * i * i + 17 * i) % 2003) / 1001 - 1)
  return { dtype: 'float32', shape, data }
}

/** The libraries calculate in float32, whose rounding is 6e-8: a millionth of the largest number is some 16 of those. */
function assertClose({ data }: Tensor, wanted: number[]): void {
  assert.equal(data.length, wanted.length)
  const largest = Math.max(...wanted.map(Math.abs))
  const error = Math.max(...wanted.map((value, i) => Math.abs(value - Number(data[i]))))
  assert(error <= 1e-6 * largest, `largest error ${error} of ${largest}`)
}

for (const { method, prefixTokens, from, to, output } of fixture.positions) {
  test(`positions as ${method}: ${prefixTokens} + ${from.join('×')} to ${to.join('×')}`, () => {
    const embedding = numbers([1, prefixTokens + from[0] * from[1], fixture.features])
    const resized = resizePositionEmbedding(embedding, prefixTokens, from, to, method)
    assert.deepEqual(resized.shape, [1, prefixTokens + to[0] * to[1], fixture.features])
    assertClose(resized, output)
    const kept = prefixTokens * fixture.features
    assert.deepEqual(resized.data.slice(0, kept), embedding.data.slice(0, kept))
  })
}

test('every way of resizing positions was compared with its library', () => {
  const compared = new Set(fixture.positions.map(({ method }) => method))
  assert.deepEqual([...compared].sort(), Object.keys(positionResamplings).sort())
})

for (const { shape, patchSize, output } of fixture.kernels) {
  test(`patch embedding as timm: ${shape.slice(2).join('×')} to ${patchSize}×${patchSize}`, () => {
    const resized = resizePatchEmbedding(numbers(shape), patchSize)
    assert.deepEqual(resized.shape, [...shape.slice(0, 2), patchSize, patchSize])
    assertClose(resized, output)
  })
}

for (const { shape, channels, output } of fixture.channels) {
  test(`channels as timm: 3 to ${channels}`, () => {
    const adapted = adaptChannels(numbers(shape), channels)
    assert.deepEqual(adapted.shape, [shape[0], channels, shape[2], shape[3]])
    assertClose(adapted, output)
  })
}
