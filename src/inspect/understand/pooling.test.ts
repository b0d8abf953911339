import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, ops, type Value } from '../../onnx/index.js'
import { Wiring } from '../patterns/index.js'
import { poolingAt } from './pooling.js'

/** What is found at the nodes of a graph of tokens [batch, 17, 48]. */
function poolings(build: (tokens: Value) => Value) {
  const graph = new Graph({ opset: 18 })
  graph.output('y', build(graph.input('x', 'float32', ['batch', 17, 48])))
  const wiring = new Wiring(graph)
  return graph.nodes.flatMap((node) => {
    const { form, token, nodes, tokens } = poolingAt(wiring, node) ?? {}
    return form ? [{ form, token, nodes: nodes!.map(({ op }) => op), of: tokens!.name }] : []
  })
}

const slice = (x: Value, starts: number[], ends: number[], axes: number[]) =>
  x.graph.emit('Slice', [x, ...[starts, ends, axes].map((values) => x.graph.constant('int64', values))])[0]!
const squeeze = (x: Value) => ops.reshape(x, [-1, 48])
const all = 2 ** 31 - 1

test('one token, by Gather or by Slice', () => {
  const token = (at: number, nodes: string[]) => [{ form: 'token', token: at, nodes, of: 'x' }]
  assert.deepEqual(
    poolings((x) => ops.gather(x, 1, 1)),
    token(1, ['Gather']),
  )
  assert.deepEqual(
    poolings((x) => squeeze(slice(x, [0], [1], [1]))),
    token(0, ['Slice', 'Reshape']),
  )
  // As TensorFlow names the axes that stay whole, and Flax turns the tokens first.
  assert.deepEqual(
    poolings((x) => squeeze(slice(x, [0, 0], [all, 1], [0, 1]))),
    token(0, ['Slice', 'Reshape']),
  )
  assert.deepEqual(
    poolings((x) => squeeze(slice(x, [0, 0], [1, 48], [1, 2]))),
    token(0, ['Slice', 'Reshape']),
  )
  assert.deepEqual(
    poolings((x) => ops.gather(ops.transpose(x, [1, 0, 2]), 0, 0)),
    token(0, ['Transpose', 'Gather']),
  )
})

test('no token: one sample, one feature, a token of one sample, or two tokens', () => {
  for (const build of [
    (x: Value) => ops.gather(x, 0, 0),
    (x: Value) => ops.gather(ops.transpose(x, [0, 2, 1]), 0, 1),
    (x: Value) => slice(x, [0, 0], [1, 1], [0, 1]),
    (x: Value) => slice(x, [0], [2], [1]),
  ])
    assert.deepEqual(
      poolings(build).filter(({ of }) => of === 'x'),
      [],
    )
})

test('the mean of all tokens, or of those behind the first', () => {
  assert.deepEqual(
    poolings((x) => ops.reduceMean(x, [1], false)),
    [{ form: 'avg', token: undefined, nodes: ['ReduceMean'], of: 'x' }],
  )
  const [patches] = poolings((x) => ops.reduceMean(slice(x, [1], [all], [1]), [1], false))
  assert.deepEqual(patches, { form: 'avg', token: undefined, nodes: ['Slice', 'ReduceMean'], of: 'x' })
})
