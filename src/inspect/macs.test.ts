import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Attributes, Graph, int, Node, string } from '../onnx/index.js'
import { macsOf } from './index.js'

/** The operations of a node whose operands and result have these shapes. */
function macs(op: string, inputs: readonly number[][], output: readonly number[], attributes: Attributes = {}): number {
  const [domain, name] = op.includes('.') ? ['com.microsoft', op.split('.')[1]!] : ['', op]
  // No shape is inferred: what is counted must not depend on it.
  const graph = new Graph({ opset: 23, notes: [] })
  graph.domains.set('com.microsoft', 1)
  const operands = inputs.map((shape, i) => graph.input(`input_${i}`, 'float32', shape))
  const node = new Node(graph, name!, '', operands, attributes, domain)
  graph.append(node, ['output'], [{ dtype: 'float32', shape: output }])
  return macsOf(node)
}

test('products: one pass over the shared axis for each element of the result', () => {
  assert.equal(
    macs(
      'MatMul',
      [
        [5, 2, 3],
        [3, 4],
      ],
      [5, 2, 4],
    ),
    5 * 2 * 3 * 4,
  )
  assert.equal(
    macs(
      'Gemm',
      [
        [3, 2],
        [3, 4],
      ],
      [2, 4],
      { transA: int(1) },
    ),
    2 * 3 * 4,
  )
  assert.equal(
    macs(
      'Einsum',
      [
        [2, 7, 3],
        [2, 5, 3],
      ],
      [2, 7, 5],
      { equation: string('bid, bjd -> bij') },
    ),
    2 * 7 * 5 * 3,
  )
  assert.equal(macs('Einsum', [[2, 7, 3]], [2, 3, 7], { equation: string('bij->bji') }), 0)
})

test('convolutions: one pass over the kernel and its group of channels', () => {
  assert.equal(
    macs(
      'Conv',
      [
        [1, 4, 8, 8],
        [6, 2, 3, 3],
      ],
      [1, 6, 6, 6],
      { group: int(2) },
    ),
    6 * 6 * 6 * 2 * 9,
  )
  // The transpose of a convolution from [1, 6, 6, 6] to [1, 4, 4, 4]: as many pairs of numbers meet.
  assert.equal(
    macs(
      'ConvTranspose',
      [
        [1, 4, 4, 4],
        [4, 6, 3, 3],
      ],
      [1, 6, 6, 6],
    ),
    4 * 4 * 4 * 6 * 9,
  )
})

test('attention in one node: as many as its products apart', () => {
  const [batch, heads, tokens, headDim] = [2, 3, 17, 16]
  const products = 2 * batch * heads * tokens * tokens * headDim
  const split = [batch, heads, tokens, headDim]
  assert.equal(macs('Attention', [split, split, split], split), products)
  const joined = [batch, tokens, heads * headDim]
  assert.equal(macs('ort.MultiHeadAttention', [joined, joined, joined], joined), products)
  const dim = heads * headDim
  const whole = products + batch * tokens * dim * 3 * dim
  assert.equal(macs('ort.Attention', [joined, [dim, 3 * dim]], joined), whole)
})

test('what does not multiply matrices counts nothing', () => {
  assert.equal(macs('Softmax', [[2, 3]], [2, 3]), 0)
})
