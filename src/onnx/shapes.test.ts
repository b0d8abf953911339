import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Random } from '../random.js'
import { runGraph } from '../testing/run-graph.js'
import {
  type Attributes,
  allocate,
  bindDim,
  type DType,
  elementCount,
  float,
  formatShape,
  Graph,
  int,
  ints,
  ops,
  type Shape,
  string,
  type Tensor,
  tensor,
  type Value,
} from './index.js'
import { schemas } from './schemas.js'

/** What the symbols stand for when the inferred shapes are compared with those that ONNX Runtime computes. */
const bindings = { batch: 3, n: 4, m: 1 }

interface Case {
  op: string
  name?: string
  /** Emits the operator into a graph; `x` makes an input. */
  build: (x: (shape: Shape, dtype?: DType) => Value, graph: Graph) => Value | readonly Value[]
  /** The inferred type of each result. */
  expected: string | readonly string[]
  opset?: number
}

const emit = (op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}, outputs = 1) =>
  inputs[0]!.graph.emit(op, inputs, attributes, outputs)

const binary = (op: string, dtype: DType = 'float32'): Case => ({
  op,
  build: (x) => emit(op, [x(['batch', 1, 5], dtype), x([7, 1], dtype)]),
  expected: `${/^(Equal|Greater|Less|And|Or)/.test(op) ? 'bool' : dtype}[batch, 7, 5]`,
})

const unary = (op: string, dtype: DType = 'float32'): Case => ({
  op,
  build: (x) => emit(op, [x(['batch', 5], dtype)]),
  expected: `${dtype}[batch, 5]`,
})

const reduction = (op: string): Case[] => [
  {
    op,
    name: 'keeps axes',
    build: (x) => emit(op, [x(['batch', 5, 2]), x([], 'int64').graph.constant('int64', [-1])]),
    expected: 'float32[batch, 5, 1]',
  },
  {
    op,
    name: 'drops axes, opset 12',
    build: (x) => emit(op, [x(['batch', 5, 2])], { axes: ints([1, -1]), keepdims: int(0) }),
    expected: 'float32[batch]',
    opset: 12,
  },
  { op, name: 'of everything', build: (x) => emit(op, [x(['batch', 5])], { keepdims: int(0) }), expected: 'float32[]' },
]

const i64 = (graph: Graph, values: readonly number[] | number) => graph.constant('int64', values)

const cases: Case[] = [
  ...['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'Min', 'Max'].map(
    (op) => binary(op),
  ),
  binary('Sum'),
  binary('And', 'bool'),
  binary('Or', 'bool'),
  { op: 'Mod', build: (x, g) => emit('Mod', [x(['batch'], 'int64'), i64(g, 3)]), expected: 'int64[batch]' },
  {
    op: 'Add',
    name: 'a symbol beside a number has to be that number',
    build: (x) => ops.add(x(['n', 5]), x([4, 5])),
    expected: 'float32[4, 5]',
  },
  {
    op: 'Add',
    name: 'two symbols may be anything',
    build: (x) => ops.add(x(['batch', 'n']), x(['m', 'n'])),
    expected: 'float32[unknown_1, n]',
  },
  { op: 'Sum', name: 'of one', build: (x) => emit('Sum', [x(['batch'])]), expected: 'float32[batch]' },
  ...'Abs Ceil Cos Erf Exp Floor Gelu Log Neg Reciprocal Relu Round Sigmoid Sign Sin Sqrt Tanh Identity'
    .split(' ')
    .map((op) => unary(op)),
  unary('Not', 'bool'),
  { op: 'Clip', build: (x) => ops.clip(x(['batch', 2]), -1, 1), expected: 'float32[batch, 2]' },
  { op: 'Cast', build: (x) => ops.cast(x(['batch', 2]), 'int64'), expected: 'int64[batch, 2]' },
  {
    op: 'Where',
    build: (x) => ops.where(x(['batch', 1], 'bool'), x([5]), 0),
    expected: 'float32[batch, 5]',
  },

  { op: 'Reshape', build: (x) => ops.reshape(x([2, 12]), [4, -1, 3]), expected: 'float32[4, 2, 3]' },
  {
    op: 'Reshape',
    name: 'joins a symbol with a number, and parts them again',
    build: (x) => {
      const rows = ops.reshape(x(['batch', 17, 24]), [-1, 24])
      return [rows, ops.reshape(rows, [-1, 17, 24])]
    },
    expected: ['float32[17*batch, 24]', 'float32[batch, 17, 24]'],
  },
  {
    op: 'Reshape',
    name: 'zero copies a size, symbols too',
    build: (x) => ops.reshape(x(['batch', 6]), [0, 2, 3]),
    expected: 'float32[batch, 2, 3]',
  },
  {
    op: 'Reshape',
    name: 'allowzero',
    build: (x, g) => emit('Reshape', [x([0, 6]), i64(g, [2, 0])], { allowzero: int(1) }),
    expected: 'float32[2, 0]',
  },
  {
    op: 'Reshape',
    name: 'a target computed at run time tells the rank alone',
    build: (x) => ops.reshape(x([2, 4]), ops.cast(ops.add(ops.mul(x([3]), 0), 2), 'int64')),
    expected: 'float32[unknown_1, unknown_2, unknown_3]',
  },
  { op: 'Transpose', build: (x) => ops.transpose(x(['batch', 2, 3]), [2, 0, 1]), expected: 'float32[3, batch, 2]' },
  {
    op: 'Transpose',
    name: 'reverses by default',
    build: (x) => emit('Transpose', [x(['batch', 2, 3])]),
    expected: 'float32[3, 2, batch]',
  },
  { op: 'Flatten', build: (x) => emit('Flatten', [x(['batch', 2, 3])]), expected: 'float32[batch, 6]' },
  {
    op: 'Flatten',
    name: 'at either end',
    build: (x) => [
      ...emit('Flatten', [x(['batch', 2])], { axis: int(0) }),
      ...emit('Flatten', [x(['batch', 2])], { axis: int(2) }),
      ...emit('Flatten', [x(['batch', 2])], { axis: int(-1) }),
    ],
    expected: ['float32[1, 2*batch]', 'float32[2*batch, 1]', 'float32[batch, 2]'],
  },
  {
    op: 'Concat',
    build: (x) => ops.concat([x(['batch', 1, 8]), x(['batch', 16, 8])], -2),
    expected: 'float32[batch, 17, 8]',
  },
  {
    op: 'Concat',
    name: 'a symbol on the axis',
    build: (x) => ops.concat([x(['batch', 8]), x([1, 8])], 0),
    expected: 'float32[batch + 1, 8]',
  },
  {
    op: 'Split',
    build: (x) => ops.split(x(['batch', 6]), [1, 2, 3], 1),
    expected: ['float32[batch, 1]', 'float32[batch, 2]', 'float32[batch, 3]'],
  },
  {
    op: 'Split',
    name: 'opset 11',
    build: (x) => ops.split(x(['batch', 6]), [2, 4], -1),
    expected: ['float32[batch, 2]', 'float32[batch, 4]'],
    opset: 11,
  },
  {
    op: 'Split',
    name: 'evenly, opset 17',
    build: (x) => emit('Split', [x(['batch', 6])], { axis: int(1) }, 3),
    expected: ['float32[batch, 2]', 'float32[batch, 2]', 'float32[batch, 2]'],
    opset: 17,
  },
  {
    op: 'Split',
    name: 'nearly evenly',
    build: (x) => emit('Split', [x(['batch', 7])], { axis: int(1), num_outputs: int(3) }, 3),
    expected: ['float32[batch, 3]', 'float32[batch, 3]', 'float32[batch, 1]'],
  },
  { op: 'Unsqueeze', build: (x) => ops.unsqueeze(x(['batch', 5]), [0, -1]), expected: 'float32[1, batch, 5, 1]' },
  {
    op: 'Unsqueeze',
    name: 'opset 11',
    build: (x) => ops.unsqueeze(x(['batch', 5]), [1]),
    expected: 'float32[batch, 1, 5]',
    opset: 11,
  },
  { op: 'Squeeze', build: (x) => ops.squeeze(x([1, 'batch', 1]), [0]), expected: 'float32[batch, 1]' },
  {
    op: 'Squeeze',
    name: 'every axis of size 1',
    build: (x) => emit('Squeeze', [x([1, 'batch', 1])]),
    expected: 'float32[batch]',
  },
  { op: 'Shape', build: (x) => ops.shape(x(['batch', 5])), expected: 'int64[2] = batch, 5' },
  {
    op: 'Shape',
    name: 'a part',
    build: (x) => emit('Shape', [x(['batch', 5, 7])], { start: int(-2), end: int(2) }),
    expected: 'int64[1] = 5',
  },
  { op: 'Size', build: (x) => emit('Size', [x(['batch', 5])]), expected: 'int64[] = 5*batch' },
  {
    op: 'ReduceProd',
    build: (x) => emit('ReduceProd', [ops.shape(x(['batch', 5]))]),
    expected: 'int64[1] = 5*batch',
  },
  { op: 'Pad', build: (x) => ops.pad(x(['batch', 5]), [0, 1], [0, 2]), expected: 'float32[batch, 8]' },

  {
    op: 'Gather',
    build: (x, g) => [ops.gather(x(['batch', 5, 7]), 0, 1), ops.gather(x([5, 7]), i64(g, [4, -5, 0]), 0)],
    expected: ['float32[batch, 7]', 'float32[3, 7]'],
  },
  {
    op: 'Slice',
    build: (x) => ops.slice(x(['batch', 9, 7]), [1, -3], [2 ** 31, -1], [1, 2]),
    expected: 'float32[batch, 8, 2]',
  },
  {
    op: 'Slice',
    name: 'by steps and backwards',
    build: (x) => ops.slice(x([9, 7]), [1, -1], [9, -(2 ** 31)], [0, 1], [3, -2]),
    expected: 'float32[3, 4]',
  },
  {
    op: 'Slice',
    name: 'the whole of an unknown size, and its head',
    build: (x) => [ops.slice(x(['batch']), [0], [2 ** 31 - 1], [0]), ops.slice(x(['batch']), [0], [2], [0])],
    expected: ['float32[batch]', 'float32[2]'],
  },
  {
    op: 'Slice',
    name: 'the tail of an unknown size',
    build: (x) => ops.slice(x(['batch', 2]), [-1], [2 ** 31], [0]),
    expected: 'float32[1, 2]',
  },
  {
    op: 'Slice',
    name: 'of a shape',
    build: (x) => [
      ops.slice(ops.shape(x(['batch', 5, 7])), [0], [1], [0]),
      ops.slice(ops.shape(x(['batch', 5, 7])), [-1], [-4], [0], [-1]),
    ],
    expected: ['int64[1] = batch', 'int64[3] = 7, 5, batch'],
  },
  { op: 'Expand', build: (x) => ops.expand(x([2, 1]), [3, 1, 4]), expected: 'float32[3, 2, 4]' },
  {
    op: 'Expand',
    name: 'to the size of a batch',
    build: (x, g) =>
      ops.expand(x([1, 8]), ops.concat([ops.slice(ops.shape(x(['batch', 3])), [0], [1], [0]), i64(g, [1])], 0)),
    expected: 'float32[batch, 8]',
  },
  {
    op: 'ScatterND',
    build: (x, g) => ops.scatterAdd(x([5, 2]), ops.reshape(i64(g, [1, 1, 4]), [-1, 1]), x([3, 2])),
    expected: 'float32[5, 2]',
  },
  {
    op: 'GatherElements',
    build: (x, g) => emit('GatherElements', [x([3, 4]), ops.reshape(i64(g, [0, 1]), [1, 2])]),
    expected: 'float32[1, 2]',
  },
  {
    op: 'ScatterElements',
    build: (x, g) => emit('ScatterElements', [x([3, 4]), ops.reshape(i64(g, [0, 1]), [1, 2]), x([1, 2])]),
    expected: 'float32[3, 4]',
  },
  {
    op: 'ArgMax',
    build: (x) => [ops.argMax(x(['batch', 5]), -1), ...emit('ArgMax', [x([4, 'batch'])])],
    expected: ['int64[batch]', 'int64[1, batch]'],
  },

  {
    op: 'Constant',
    build: (_, g) => [
      ...g.emit('Constant', [], { value: { kind: 'tensor', value: tensor('int64', [2, 3], [1, 2]) } }),
      ...g.emit('Constant', [], { value_ints: ints([7, 8]) }),
      ...g.emit('Constant', [], { value_float: float(0.5) }),
    ],
    expected: ['int64[1, 2] = 2, 3', 'int64[2] = 7, 8', 'float32[]'],
  },
  {
    op: 'ConstantOfShape',
    build: (x, g) => [
      ops.constantOfShape(ops.shape(x(['batch', 5])), 'float32', 2),
      ops.constantOfShape(i64(g, [2]), 'int64', -1),
    ],
    expected: ['float32[batch, 5]', 'int64[2] = -1, -1'],
  },
  {
    op: 'ConstantOfShape',
    name: 'zeros by default',
    build: (_, g) => g.emit('ConstantOfShape', [i64(g, [2])]),
    expected: 'float32[2] = 0, 0',
  },
  { op: 'Range', build: (_, g) => ops.range(g, 'int64', 4), expected: 'int64[4] = 0, 1, 2, 3' },
  {
    op: 'Range',
    name: 'up to an unknown size',
    build: (x, g) => g.emit('Range', [i64(g, 0), ops.gather(ops.shape(x(['batch', 2])), 0, 0), i64(g, 1)]),
    expected: 'int64[batch]',
  },
  {
    op: 'OneHot',
    build: (x) => ops.oneHot(ops.argMax(x(['batch', 6]), 1), 6),
    expected: 'float32[batch, 6]',
  },

  ...['ReduceSum', 'ReduceMean', 'ReduceMax', 'ReduceMin', 'ReduceSumSquare', 'ReduceL2'].flatMap(reduction),
  {
    op: 'ReduceSum',
    name: 'of nothing',
    build: (x, g) =>
      emit('ReduceSum', [x(['batch', 5]), g.initializer('none', 'int64', [0], new BigInt64Array())], {
        noop_with_empty_axes: int(1),
      }),
    expected: 'float32[batch, 5]',
  },

  { op: 'MatMul', build: (x) => ops.matMul(x(['batch', 1, 4, 5]), x([7, 5, 6])), expected: 'float32[batch, 7, 4, 6]' },
  {
    op: 'MatMul',
    name: 'vectors',
    build: (x) => [
      ops.matMul(x(['batch', 4, 5]), x([5])),
      ops.matMul(x([4]), x(['batch', 4, 5])),
      ops.matMul(x([4]), x([4])),
    ],
    expected: ['float32[batch, 4]', 'float32[batch, 5]', 'float32[]'],
  },
  {
    op: 'Gemm',
    build: (x) => [
      ops.gemm(x(['batch', 4]), x([4, 6]), x([6])),
      ops.gemm(x([4, 'batch']), x([6, 4]), undefined, { transA: true, transB: true }),
    ],
    expected: ['float32[batch, 6]', 'float32[batch, 6]'],
  },
  {
    op: 'Conv',
    build: (x) => ops.conv(x(['batch', 3, 8, 12]), x([6, 3, 4, 4]), x([6]), [4, 4]),
    expected: 'float32[batch, 6, 2, 3]',
  },
  {
    op: 'Conv',
    name: 'padded, strided, dilated and in groups',
    build: (x) =>
      emit('Conv', [x([1, 4, 9, 'n']), x([6, 2, 3, 2])], {
        strides: ints([2, 1]),
        pads: ints([1, 0, 2, 0]),
        dilations: ints([2, 1]),
        group: int(2),
      }),
    expected: 'float32[1, 6, 4, n - 1]',
  },
  {
    op: 'ConvTranspose',
    build: (x) =>
      emit('ConvTranspose', [x(['batch', 4, 3, 3]), x([4, 5, 2, 2])], {
        strides: ints([2, 3]),
        pads: ints([0, 1, 0, 0]),
        output_padding: ints([1, 0]),
      }),
    expected: 'float32[batch, 5, 7, 7]',
  },
  { op: 'Softmax', build: (x) => ops.softmax(x(['batch', 5])), expected: 'float32[batch, 5]' },
  { op: 'LogSoftmax', build: (x) => ops.logSoftmax(x(['batch', 5])), expected: 'float32[batch, 5]' },
  {
    op: 'LayerNormalization',
    build: (x) => emit('LayerNormalization', [x(['batch', 4, 5]), x([5]), x([5])], { axis: int(-1) }, 3),
    expected: ['float32[batch, 4, 5]', 'float32[batch, 4, 1]', 'float32[batch, 4, 1]'],
  },
  {
    op: 'Resize',
    build: (x, g) => emit('Resize', [x([1, 3, 8, 8]), undefined, undefined, i64(g, [1, 3, 4, 5])]),
    expected: 'float32[1, 3, 4, 5]',
  },
  {
    op: 'Resize',
    name: 'keeping the aspect ratio',
    build: (x, g) =>
      emit('Resize', [x([1, 3, 8, 16]), undefined, undefined, i64(g, [1, 3, 4, 4])], {
        mode: string('linear'),
        keep_aspect_ratio_policy: string('not_smaller'),
      }),
    expected: 'float32[unknown_1, unknown_2, unknown_3, unknown_4]',
  },
  {
    op: 'Dropout',
    build: (x) => emit('Dropout', [x(['batch', 5])], {}, 2),
    expected: ['float32[batch, 5]', 'bool[batch, 5]'],
  },
]

test('every operator with shape inference has a case', () => {
  const covered = new Set(cases.map(({ op }) => op))
  assert.deepEqual(
    Object.keys(schemas).filter((op) => !covered.has(op)),
    [],
  )
})

for (const { op, name, build, expected, opset = 20 } of cases)
  test(`the shape of ${op}${name ? ` (${name})` : ''} is inferred as ONNX Runtime computes it`, async () => {
    const graph = new Graph({ opset })
    const built = build((shape, dtype = 'float32') => graph.input(`x${graph.inputs.length}`, dtype, shape), graph)
    const values = Array.isArray(built) ? (built as readonly Value[]) : [built as Value]
    assert.deepEqual(values.map(describe), typeof expected === 'string' ? [expected] : expected)
    for (const [i, value] of values.entries()) graph.output(`y${i}`, value)
    const results = await runGraph(graph, randomFeeds(graph))
    for (const [i, value] of values.entries()) {
      const { dtype, shape, data } = results[`y${i}`]!
      const bound = value.shape.map((dim) => bindDim(dim, bindings))
      assert.equal(dtype, value.dtype)
      assert.equal(shape.length, bound.length)
      for (const [axis, size] of bound.entries()) if (typeof size === 'number') assert.equal(shape[axis], size)
      const content = value.content?.map((element) => bindDim(element, bindings))
      if (content) assert.deepEqual(Array.from(data as Float32Array, Number), content)
    }
  })

function describe({ dtype, shape, content }: Value): string {
  return `${dtype}${formatShape(shape)}${content ? ` = ${content.join(', ')}` : ''}`
}

function randomFeeds(graph: Graph): Record<string, Tensor> {
  const random = new Random('feeds')
  const entries = graph.inputs.map(({ name, dtype, shape: symbolic }) => {
    const shape = symbolic.map((dim) => Number(bindDim(dim, bindings)))
    const data = allocate(dtype, elementCount(shape))
    for (let i = 0; i < data.length; i++)
      data[i] = dtype === 'int64' ? BigInt(random.integer(5)) : dtype === 'bool' ? random.integer(2) : random.normal()
    return [name, { dtype, shape, data }]
  })
  return Object.fromEntries(entries)
}
