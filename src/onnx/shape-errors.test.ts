import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type DType, Graph, GraphError, int, ints, ops, type Shape, type Value } from './index.js'

/** What nobody should be able to build, and what the message has to say besides operator, place and shapes. */
const mistakes: [name: string, build: (x: (shape: Shape, dtype?: DType) => Value, graph: Graph) => unknown, RegExp][] =
  [
    ['shapes that do not broadcast', (x) => ops.add(x([2, 3]), x([2, 4])), /\[2, 3\] and \[2, 4\] do not broadcast/],
    ['mixed element types', (x) => ops.mul(x([2]), x([2], 'int64')), /element types differ: float32 and int64/],
    ['arithmetic on truth values', (x) => ops.add(x([2], 'bool'), x([2], 'bool')), /arithmetic on bool/],
    ['a condition of numbers', (x) => ops.where(x([2]), x([2]), 0), /the condition is float32, not bool/],
    ['inner sizes', (x) => ops.matMul(x(['batch', 4, 5]), x([6, 7])), /inner sizes differ: 5 and 6/],
    ['a scalar in a product', (x) => ops.matMul(x([]), x([2])), /a scalar has no rows/],
    ['Gemm of a tensor', (x) => ops.gemm(x([2, 3, 4]), x([4, 5])), /must be matrices/],
    [
      'Gemm, transposed',
      (x) => ops.gemm(x([2, 3]), x([3, 4]), undefined, { transB: true }),
      /inner sizes differ: 3 and 4/,
    ],
    ['Gemm, addend', (x) => ops.gemm(x([2, 3]), x([3, 4]), x([5])), /columns of product and addend differ: 4 and 5/],
    ['channels', (x) => ops.conv(x([1, 4, 8, 8]), x([6, 3, 2, 2]), undefined, [1, 1]), /channels .* differ: 4 and 3/],
    [
      'a kernel too large',
      (x) => ops.conv(x([1, 3, 8, 8]), x([6, 3, 9, 9]), undefined, [1, 1]),
      /kernel of \[9, 9\] does not fit/,
    ],
    ['a kernel of other rank', (x) => ops.conv(x([1, 3, 8]), x([6, 3, 2, 2]), undefined, [1, 1]), /the same space/],
    [
      'steps of zero',
      (x) => ops.conv(x([1, 3, 8, 8]), x([6, 3, 2, 2]), undefined, [0, 1]),
      /strides \[0,1\] do not fit/,
    ],
    ['elements lost', (x) => ops.reshape(x([2, 6]), [5, 2]), /\[2, 6\] has 12 elements and cannot become \[5, 2\]/],
    ['a remainder', (x) => ops.reshape(x([2, 6]), [5, -1]), /\[2, 6\] does not divide into \[5, -1\]/],
    ['two holes', (x) => ops.reshape(x([2, 6]), [-1, -1]), /the -1 in \[-1, -1\] cannot be told/],
    ['a batch in parts', (x) => ops.reshape(x(['batch', 6]), [5, -1]), /the -1 in \[5, -1\] cannot be told/],
    ['a copied axis that is not there', (x) => ops.reshape(x([6]), [6, 0]), /copies axis 1, which the input lacks/],
    ['a negative size', (x) => ops.reshape(x(['batch']), [-2]), /\[-2\] has a negative size/],
    ['no permutation', (x) => ops.transpose(x([2, 3]), [0, 0]), /\[0,0\] is no permutation of 2 axes/],
    ['an axis too far', (x) => ops.concat([x([2]), x([2])], 1), /there is no axis 1 in rank 1/],
    ['other axes', (x) => ops.concat([x([2, 3]), x([2, 4])], 0), /the shapes differ on other axes than 0/],
    ['nothing to join', (_, graph) => graph.emit('Concat', [], { axis: int(0) }), /input 0 is missing; .* are none/],
    ['nothing to add', (_, graph) => graph.emit('Sum', []), /input 0 is missing/],
    ['parts', (x) => ops.split(x([2, 6]), [1, 2], 1), /parts \[1,2\] do not sum to 6/],
    ['a thick axis', (x) => ops.squeeze(x([2, 3]), [1]), /axis 1 is not of size 1/],
    ['an axis given twice', (x) => ops.unsqueeze(x([2]), [0, 0]), /impossible shape/],
    ['an index outside', (x) => ops.gather(x([2, 3]), 3, 1), /index 3 is outside axis 1 of size 3/],
    ['bounds without end', (x) => ops.slice(x([9]), [0, 1], [2], [0]), /make no ranges/],
    ['a step of zero', (x) => ops.slice(x([9]), [0], [9], [0], [0]), /by steps \[0\] make no ranges/],
    [
      'padding',
      (x, graph) => graph.emit('Pad', [x([2, 3]), graph.constant('int64', [1, 1])]),
      /pads \[1,1\] do not fit rank 2/,
    ],
    ['padding away', (x) => ops.pad(x([2]), [-3], [0]), /impossible shape \[-1\]/],
    [
      'features',
      (x) => ops.layerNormalization(x([2, 8]), x([4]), x([4]), 1e-6),
      /a scale of 4 does not fit features of 8/,
    ],
    ['an unknown type', (x) => x([2]).graph.emit('Cast', [x([2])], { to: int(99) }), /element type 99 is not known/],
    ['a missing attribute', (x) => x([2]).graph.emit('Concat', [x([2])]), /attribute axis is missing/],
    [
      'a wrong attribute',
      (x) => x([2]).graph.emit('Softmax', [x([2])], { axis: ints([1]) }),
      /axis is of kind ints, not int/,
    ],
    [
      'a missing input',
      (x) => x([2]).graph.emit('Add', [x([2]), undefined]),
      /input 1 is missing; .*float32\[2\], none/,
    ],
    ['a shape of too many axes', (x) => ops.reshape(x([2]), x([10000000], 'int64')), /10000000 axes is too large/],
  ]

for (const [name, build, message] of mistakes)
  test(`refused with operator, place and shapes: ${name}`, () => {
    const graph = new Graph()
    const x = (shape: Shape, dtype: DType = 'float32') => graph.input(`x${graph.inputs.length}`, dtype, shape)
    assert.throws(
      () => graph.scope('encoder', () => graph.scope('attn', () => build(x, graph))),
      (error: Error) => {
        assert.ok(error instanceof GraphError, error.stack)
        assert.match(error.message, message)
        assert.match(error.message, /^\/encoder\/attn\/(\w+): .*; the inputs of \1 are /)
        return true
      },
    )
    assert.equal(graph.nodes.length, 0, 'what was refused is not in the graph')
  })

test('operators newer than the opset are refused', () => {
  const graph = new Graph({ opset: 15 })
  const x = graph.input('x', 'float32', [4, 2])
  assert.throws(() => ops.scatterAdd(x, graph.constant('int64', [0]), x), /needs opset 16, and the graph has 15/)
})

test('what only run time knows is no mistake: the result has no type', () => {
  const graph = new Graph()
  const axes = ops.cast(graph.input('axes', 'float32', [1]), 'int64')
  const [sum] = graph.emit('ReduceSum', [graph.input('x', 'float32', [2, 3]), axes])
  assert.equal(sum!.isTyped, false)
  assert.throws(() => sum!.shape, /the shape of \/ReduceSum_output_0 is not known/)
})
