import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ops, type Value } from '../../onnx/index.js'
import { dim, foundIn, onlyPart, weight } from '../../testing/found-parts.js'

const { add, identity, matMul, reshape, transpose } = ops

const isInitializer = (value: Value) => value.graph.initializers.get(value.name) === value

test('Linear in its forms, with the layout of its weight', () => {
  const shaped = (x: Value) => reshape(x, [-1, dim])
  const cases: [(x: Value) => Value, string, boolean, string[]][] = [
    [(x) => add(matMul(x, weight(x, dim, 7)), weight(x, 7)), 'MatMul', false, ['weight', 'bias']],
    [(x) => add(weight(x, 7), matMul(x, weight(x, dim, 7))), 'MatMul', false, ['weight', 'bias']],
    [(x) => matMul(x, weight(x, dim, 7)), 'MatMul', false, ['weight']],
    [(x) => matMul(x, transpose(weight(x, 7, dim), [1, 0])), 'MatMul', true, ['weight']],
    [(x) => matMul(x, identity(weight(x, dim, 7))), 'MatMul', false, ['weight']],
    [(x) => ops.gemm(shaped(x), weight(x, 7, dim), weight(x, 7), { transB: true }), 'Gemm', true, ['weight', 'bias']],
    [(x) => ops.gemm(shaped(x), weight(x, dim, 7)), 'Gemm', false, ['weight']],
  ]
  for (const [build, form, transposed, roles] of cases) {
    const part = onlyPart('linear', build)
    assert.deepEqual(part.details, { inFeatures: dim, outFeatures: 7, transposed, form })
    assert.deepEqual(Object.keys(part.weights), roles)
    assert.deepEqual(part.weights.weight!.shape, transposed ? [7, dim] : [dim, 7])
    assert.ok(isInitializer(part.weights.weight!))
  }
})

test('Linear whose bias comes after a Reshape, to rows or to heads', () => {
  const heads = (x: Value) => reshape(matMul(x, weight(x, dim, 6)), [-1, 5, 2, 3])
  const part = onlyPart('linear', (x) => add(heads(x), weight(x, 2, 3)))
  assert.equal(part.details.outFeatures, 6)
  assert.deepEqual(Object.keys(part.weights), ['weight', 'bias'])
  const rows = (x: Value) => matMul(reshape(x, [-1, dim]), weight(x, dim, 6))
  const toRows = onlyPart('linear', (x) => add(reshape(rows(x), [-1, 5, 6]), weight(x, 6)))
  assert.deepEqual(Object.keys(toRows.weights), ['weight', 'bias'])
  const mixed = onlyPart('linear', (x) => add(reshape(rows(x), [-1, 6, 5]), weight(x, 6, 1)))
  assert.deepEqual(Object.keys(mixed.weights), ['weight'])
})

test('a product of two computed values is no Linear, and a sum of another shape no bias', () => {
  assert.deepEqual(
    foundIn(['linear'], (x) => matMul(x, transpose(x, [0, 2, 1]))),
    [],
  )
  assert.deepEqual(
    Object.keys(onlyPart('linear', (x) => add(matMul(x, weight(x, dim, dim)), weight(x, 1, 5, dim))).weights),
    ['weight'],
  )
})
