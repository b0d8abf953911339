import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attributes, Graph, int, Node, ops, type Shape, string } from '../onnx/index.js'
import { macsOf } from './cost.js'

/** The cost of a node with inputs of the given shapes. */
function costOf(op: string, shapes: readonly Shape[], attributes: Attributes = {}, domain = ''): number {
  const graph = new Graph({ opset: 23 })
  const inputs = shapes.map((shape, i) => graph.input(`x${i}`, 'float32', shape))
  const node = new Node(graph, op, op, inputs, attributes, domain)
  graph.append(node, ['y'])
  return macsOf(node, { batch: 3 })
}

/** What attention costs where each product is a node of its own. */
function decomposed(query: Shape, key: Shape, value: Shape): number {
  const graph = new Graph()
  const [q, k, v] = [query, key, value].map((shape, i) => graph.input(`x${i}`, 'float32', shape))
  ops.matMul(ops.matMul(q!, ops.transpose(k!, [0, 1, 3, 2])), v!)
  return graph.nodes.reduce((sum, node) => sum + macsOf(node, { batch: 3 }), 0)
}

test('attention in one operator costs as much as its products', () => {
  const [query, key, value]: Shape[] = [
    ['batch', 6, 5, 8],
    ['batch', 6, 7, 8],
    ['batch', 6, 7, 4],
  ]
  const cost = decomposed(query!, key!, value!)
  const heads = (count: number) => ({ q_num_heads: int(6), kv_num_heads: int(count) })
  assert.equal(costOf('Attention', [query!, key!, value!]), cost)
  assert.equal(
    costOf(
      'Attention',
      [
        ['batch', 5, 48],
        ['batch', 7, 48],
        ['batch', 7, 24],
      ],
      heads(6),
    ),
    cost,
  )
  // Two heads of queries share one of keys and values.
  assert.equal(costOf('Attention', [query!, ['batch', 3, 7, 8], ['batch', 3, 7, 4]]), cost)
  assert.equal(
    costOf(
      'Attention',
      [
        ['batch', 5, 48],
        ['batch', 7, 24],
        ['batch', 7, 12],
      ],
      heads(3),
    ),
    cost,
  )
  const separate = [
    ['batch', 5, 48],
    ['batch', 7, 48],
    ['batch', 7, 24],
  ]
  assert.equal(costOf('MultiHeadAttention', separate, { num_heads: int(6) }, 'com.microsoft'), cost)
})

test('products by other names cost the same', () => {
  const cost = costOf('MatMul', [
    ['batch', 2, 4],
    [4, 7],
  ])
  assert.equal(cost, 3 * 2 * 4 * 7)
  assert.equal(
    costOf(
      'Einsum',
      [
        ['batch', 2, 4],
        [4, 7],
      ],
      { equation: string('btd,de->bte') },
    ),
    cost,
  )
  assert.equal(
    costOf(
      'Einsum',
      [
        ['batch', 2, 4],
        [4, 7],
      ],
      { equation: string('...d,de->...e') },
    ),
    cost,
  )
  assert.equal(
    costOf(
      'FusedMatMul',
      [
        ['batch', 2, 4],
        [7, 4],
      ],
      { transB: int(1) },
      'com.microsoft',
    ),
    cost,
  )
})

test('a recurrence meets its weights once for each step and item', () => {
  const hidden = { hidden_size: int(5) }
  assert.equal(
    costOf(
      'LSTM',
      [
        [7, 3, 4],
        [1, 20, 4],
        [1, 20, 5],
      ],
      hidden,
    ),
    7 * 3 * (20 * 4 + 20 * 5),
  )
})
