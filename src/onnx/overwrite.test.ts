import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, ops } from './index.js'
import type { Value } from './node.js'
import { overwritable } from './overwrite.js'

/** Whether the value that `build` makes of x may be written over x; it may use y as well. */
function mayOverwrite(build: (x: Value, y: Value, graph: Graph) => Value): boolean {
  const graph = new Graph()
  const [x, y] = [graph.input('x', 'float32', [2, 2]), graph.input('y', 'float32', [2, 2])]
  const output = graph.output('x.new', build(x, y, graph))
  return overwritable(graph)(x, output)
}

test('an elementwise operator may write over what it reads for the last time', () => {
  assert.ok(mayOverwrite((x, y) => ops.sub(x, y)))
  assert.ok(mayOverwrite((x, y) => ops.add(ops.mul(x, 0.9), ops.mul(y, 0.1))))
  assert.ok(
    mayOverwrite((x, y) => ops.sub(x, ops.mul(y, ops.reduceSum(x, [0, 1])))),
    'the sum is known by then',
  )
})

test('a matrix product may not write over its own factor', () => {
  assert.ok(!mayOverwrite((x, y) => ops.matMul(x, y)))
  assert.ok(mayOverwrite((x, y) => ops.add(ops.matMul(x, y), y)))
})

test('nothing may be written over what someone else may read later', () => {
  const withReader = (read: (x: Value, graph: Graph) => Value) =>
    mayOverwrite((x, y, graph) => {
      graph.output('other', ops.mul(read(x, graph), 2))
      return ops.sub(x, y)
    })
  assert.ok(!withReader((x) => x))
  assert.ok(!withReader((x) => ops.reshape(ops.reshape(x, [4]), [1, 4])), 'a view reads later than it is made')
  assert.ok(!mayOverwrite((x, y, graph) => ops.sub(graph.output('same', ops.reshape(x, [2, 2])), y)))
})

test('another size needs memory of its own', () => {
  assert.ok(!mayOverwrite((x) => ops.reduceSum(x, [0])))
})
