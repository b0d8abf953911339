import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../random.js'
import { extent, fortranStrides, gather, isContiguous, type Layout } from './strided.js'

/** The places of all elements in row-major order, one by one. */
function places({ offset, shape, strides }: Layout, axis = 0): number[] {
  if (axis === shape.length) return [offset]
  return Array.from({ length: shape[axis]! }, (_, i) =>
    places({ offset: offset + i * strides[axis]!, shape, strides }, axis + 1),
  ).flat()
}

test('any layout is gathered in row-major order', () => {
  const random = new Random('layouts')
  const data = Int32Array.from({ length: 1000 }, (_, i) => i)
  let contiguous = 0
  for (let round = 0; round < 2000; round++) {
    const rank = random.integer(5)
    const shape = Array.from({ length: rank }, () => random.integer(round % 3 ? 4 : 3) + (round % 5 ? 1 : 0))
    const strides =
      round % 4
        ? shape.map(() => random.integer(20))
        : shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1))
    const layout = { offset: random.integer(50), shape, strides }
    const wanted = places(layout)
    assert.deepEqual([...gather('int32', data, layout, wanted.length)], wanted)
    assert.equal(extent(layout), wanted.length ? Math.max(...wanted) + 1 : layout.offset)
    if (isContiguous(layout)) {
      contiguous++
      assert.deepEqual(
        wanted,
        Array.from({ length: wanted.length }, (_, i) => layout.offset + i),
      )
    } else
      assert.notDeepEqual(
        wanted,
        Array.from({ length: wanted.length }, (_, i) => layout.offset + i),
      )
  }
  assert(contiguous > 500 && contiguous < 1500, `${contiguous}`)
})

test('the first axis of a Fortran array runs fastest', () => {
  assert.deepEqual(fortranStrides([2, 3, 4]), [1, 2, 6])
  assert.deepEqual(fortranStrides([]), [])
})
