import assert from 'node:assert/strict'
import { test } from 'node:test'
import { float, int, Node, ops, string, type Value } from '../../onnx/index.js'
import { constant, dim, foundIn, onlyPart, weight } from '../../testing/found-parts.js'

const { add, div, gather, less, matMul, mul, reshape, sigmoid, slice, softmax, split, tanh, transpose, where } = ops

const linear = (x: Value, out = dim) => add(matMul(x, weight(x, dim, out)), weight(x, out))
const heads = (x: Value, perm = [0, 2, 1, 3]) => transpose(reshape(x, [0, 0, 3, 4]), perm)
const joined = (x: Value) => linear(reshape(transpose(x, [0, 2, 1, 3]), [0, 0, dim]))

const attentions: Record<string, (x: Value) => Value> = {
  'one product, split by Gather': (x) => {
    const qkv = transpose(reshape(linear(x, 3 * dim), [0, 0, 3, 3, 4]), [2, 0, 3, 1, 4])
    const [q, k, v] = [0, 1, 2].map((i) => gather(qkv, i, 0)) as [Value, Value, Value]
    return joined(matMul(softmax(mul(matMul(q, transpose(k, [0, 1, 3, 2])), 0.5)), v))
  },
  'one product, split by Split': (x) => {
    const [q, k, v] = split(linear(x, 3 * dim), [dim, dim, dim], 2) as [Value, Value, Value]
    return joined(matMul(softmax(div(matMul(heads(q), heads(k, [0, 2, 3, 1])), 2)), heads(v)))
  },
  'one product, split by Slice': (x) => {
    const qkv = linear(x, 3 * dim)
    const [q, k, v] = [0, 1, 2].map((i) => slice(qkv, [i * dim], [(i + 1) * dim], [2])) as [Value, Value, Value]
    return joined(matMul(softmax(matMul(mul(heads(q), 0.5), heads(k, [0, 2, 3, 1]))), heads(v)))
  },
  'three products, the root of the scale on both sides': (x) => {
    const root = constant(x, Math.SQRT1_2)
    const [q, k] = [mul(heads(linear(x)), root), mul(transpose(heads(linear(x)), [0, 1, 3, 2]), root)]
    return joined(matMul(softmax(matMul(q, k)), heads(linear(x))))
  },
  'three products, the scale before the heads': (x) => {
    const [q, k, v] = [heads(mul(linear(x), 0.5)), heads(linear(x), [0, 2, 3, 1]), heads(linear(x))]
    return joined(matMul(softmax(matMul(q, k)), v))
  },
  'tokens first, heads folded into the batch': (x) => {
    const first = transpose(x, [1, 0, 2])
    const [q, k, v] = [0, 1, 2].map(() => transpose(reshape(linear(first), [5, -1, 4]), [1, 0, 2])) as [
      Value,
      Value,
      Value,
    ]
    const context = matMul(softmax(matMul(mul(q, 0.5), transpose(k, [0, 2, 1]))), v)
    return transpose(linear(reshape(transpose(context, [1, 0, 2]), [5, -1, dim])), [1, 0, 2])
  },
  'three products, with the maps as a result of the graph': (x) => {
    const [q, k, v] = [heads(linear(x)), heads(linear(x), [0, 2, 3, 1]), heads(linear(x))]
    const maps = x.graph.output('maps', softmax(mul(matMul(q, k), 0.5)))
    return joined(matMul(maps, v))
  },
  'Einsum with unnamed axes, keys first among axes': (x) => {
    const einsum = (equation: string, a: Value, b: Value) =>
      x.graph.emit('Einsum', [a, b], { equation: string(equation) })[0]!
    const [q, k, v] = [0, 1, 2].map(() => reshape(linear(x), [0, 0, 3, 4])) as [Value, Value, Value]
    const scores = softmax(einsum('...qhd,...khd->...hqk', div(q, 2), k))
    return linear(reshape(einsum('...hqk,...khd->...qhd', scores, v), [0, 0, dim]))
  },
  Einsum: (x) => {
    const einsum = (equation: string, a: Value, b: Value) =>
      x.graph.append(new Node(x.graph, 'Einsum', `e${equation}`, [a, b], { equation: string(equation) }), [
        `v${equation}`,
      ])[0]!
    const q = reshape(linear(x), [0, 0, 3, 4])
    const k = reshape(linear(x), [0, 0, 3, 4])
    const v = reshape(linear(x), [0, 0, 3, 4])
    const scores = x.graph.emit('Softmax', [mul(einsum('bihd,bjhd->bhij', q, k), 0.5)], { axis: int(-1) })[0]!
    return linear(reshape(einsum('bhij,bjhd->bihd', scores, v), [0, 0, dim]))
  },
}
for (const [what, build] of Object.entries(attentions))
  test(`attention: ${what}`, () => {
    const part = onlyPart('attention', build)
    const { dim: width, heads: count, headDim, scale } = part.details
    assert.deepEqual({ width, count, headDim }, { width: dim, count: 3, headDim: 4 })
    assert.ok(Math.abs(Number(scale) - 0.5) < 1e-6)
    const projections = part.parts.filter(({ kind }) => kind === 'linear').map(({ name }) => name)
    assert.deepEqual(
      projections.sort(),
      (what.startsWith('one') ? ['proj', 'qkv'] : ['k', 'proj', 'q', 'v']).map((name) => `attn.${name}`),
    )
  })

/** Attention with something else in place of one of its steps. */
function attend(x: Value, { scores = softmax, value = heads as (x: Value) => Value } = {}): Value {
  const product = mul(matMul(heads(linear(x)), heads(linear(x), [0, 2, 3, 1])), 0.5)
  return joined(matMul(scores(product), value(linear(x))))
}

test('attention with masks: added, and by Where', () => {
  const added = onlyPart('scaledDotProduct', (x) =>
    attend(x, { scores: (s) => softmax(add(s, weight(x, 1, 1, 5, 5))) }),
  )
  assert.deepEqual(Object.keys(added.weights), ['mask'])
  const chosen = (s: Value) => softmax(where(less(weight(s, 5, 5), 1), s, constant(s, -1e9)))
  assert.equal(onlyPart('scaledDotProduct', (x) => attend(x, { scores: chosen })).details.masked, true)
})

const noAttention: Record<string, (x: Value) => Value> = {
  'no softmax': (x) => attend(x, { scores: (s) => sigmoid(s) }),
  'softmax over queries': (x) => attend(x, { scores: (s) => x.graph.emit('Softmax', [s], { axis: int(2) })[0]! }),
  'another product of something else': (x) => attend(x, { scores: (s) => softmax(tanh(s)) }),
  'a factor for each head': (x) => attend(x, { scores: (s) => softmax(mul(s, weight(x, 3, 1, 1))) }),
  'fixed weights for all tokens': (x) => joined(matMul(softmax(weight(x, 3, 5, 5)), heads(linear(x)))),
  'fixed keys': (x) => joined(matMul(softmax(matMul(heads(linear(x)), weight(x, 3, 4, 5))), heads(linear(x)))),
}
for (const [what, build] of Object.entries(noAttention))
  test(`no attention: ${what}`, () => assert.deepEqual(foundIn(['scaledDotProduct', 'attention'], build), []))

test('Attention of opset 23, with heads apart and together', () => {
  const node = (inputs: Value[], attributes: Node['attributes']) =>
    inputs[0]!.graph.append(
      new Node(inputs[0]!.graph, 'Attention', 'attention', inputs, attributes),
      ['context'],
      [{ dtype: 'float32', shape: inputs[0]!.shape }],
    )[0]!
  const apart = onlyPart('attention', (x) => joined(node([heads(linear(x)), heads(linear(x)), heads(linear(x))], {})))
  assert.deepEqual([apart.details.heads, apart.details.headDim, apart.details.scale], [3, 4, 0.5])
  const flat = { q_num_heads: int(3), kv_num_heads: int(3), scale: float(0.25) }
  const together = onlyPart('attention', (x) => linear(node([linear(x), linear(x), linear(x)], flat)))
  assert.deepEqual([together.details.heads, together.details.headDim, together.details.scale], [3, 4, 0.25])
})
