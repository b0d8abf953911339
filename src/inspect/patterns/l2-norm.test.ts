import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ints, ops, type Value } from '../../onnx/index.js'
import { foundIn } from '../../testing/found-parts.js'

const { div, max, mul, pow, reduceSum, sqrt, tanh } = ops

const functionsIn = (build: (x: Value) => Value) =>
  foundIn(['other'], build).flatMap(({ details }) => details.function ?? [])
const length = (x: Value) => x.graph.emit('ReduceL2', [x], { axes: ints([-1]) })[0]!

test('L2 norms in their forms', () => {
  const forms = [
    (x: Value) => div(x, length(x)),
    (x: Value) => div(x, max(length(x), 1e-12)),
    (x: Value) => div(x, sqrt(reduceSum(mul(x, x), [-1]))),
    (x: Value) => div(x, pow(reduceSum(pow(x, 2), [-1]), 0.5)),
  ]
  for (const build of forms) assert.deepEqual(functionsIn(build), ['L2 normalization'])
})

test('no L2 norm: the length of something else, or its square', () => {
  assert.deepEqual(
    functionsIn((x) => div(x, length(tanh(x)))),
    [],
  )
  assert.deepEqual(
    functionsIn((x) => div(x, reduceSum(mul(x, x), [-1]))),
    [],
  )
  assert.deepEqual(
    functionsIn((x) => div(x, sqrt(reduceSum(pow(x, 3), [-1])))),
    [],
  )
})
