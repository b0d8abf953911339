import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, ops } from '../onnx/index.js'
import { caseError, caseTolerance, gradientCases } from '../testing/gradient-cases.js'
import { gradients, rules } from './index.js'

for (const gradientCase of gradientCases) {
  const { op, name } = gradientCase
  test(`the gradient of ${op}${name ? ` (${name})` : ''} equals central differences`, async () => {
    const error = await caseError(gradientCase)
    assert.ok(error < caseTolerance, `relative error ${error}`)
  })
}

test('every rule has a case', () => {
  const covered = new Set(gradientCases.map(({ op }) => op))
  const missing = Object.keys(rules).filter((op) => rules[op] && !covered.has(op))
  assert.deepEqual(missing, [])
})

test('a missing rule is an error that names the operator and its place', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [3])
  const y = graph.scope('head', () => graph.emit('Frobnicate', [x])[0]!)
  assert.equal(y.isTyped, false)
  const typed = graph.scope(
    'head',
    () => graph.emit('ScatterElements', [x, graph.constant('int64', [0]), ops.slice(x, [0], [1], [0])])[0]!,
  )
  const loss = ops.reduceSum(typed, [0], false)
  assert.throws(
    () => gradients(loss, [x]),
    /no gradient rule for the operator ScatterElements at \/head\/ScatterElements/,
  )
})

test('only what the wanted gradients need is emitted', () => {
  const graph = new Graph()
  const [a, b] = [graph.input('a', 'float32', [2, 3]), graph.input('b', 'float32', [3, 2])]
  const loss = ops.sumSquares(ops.matMul(ops.tanh(a), b))
  const before = graph.nodes.length
  const [db, unrelated] = gradients(loss, [b, graph.input('c', 'float32', [1])])
  assert.deepEqual(db!.shape, [3, 2])
  assert.equal(unrelated, undefined)
  const emitted = graph.nodes.slice(before).map((node) => node.op)
  assert.equal(emitted.filter((op) => op === 'Gemm').length, 1, `one matrix product, not two: ${emitted}`)
})

test('gradients start from a scalar', () => {
  const x = new Graph().input('x', 'float32', [3])
  assert.throws(() => gradients(x, [x]), /start from a scalar.*\[3\]/)
})
