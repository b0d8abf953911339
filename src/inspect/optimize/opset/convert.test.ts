import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../../../errors.js'
import { type Attributes, float, Graph, int, ints, string, tensor, type Value } from '../../../onnx/index.js'
import { runGraph } from '../../../testing/run-graph.js'
import { convertOpset } from './convert.js'

const shape = [2, 3, 4, 4]
const pixels = () =>
  tensor(
    'float32',
    Array.from({ length: 96 }, (_, i) => Math.sin(3 * i)),
    shape,
  )

/** What ONNX Runtime computes by the kernels of the old opset and of the new one. */
async function assertSame(
  opset: number,
  op: string,
  attributes: Attributes,
  extra: (graph: Graph) => (Value | undefined)[] = () => [],
  outputs = 1,
) {
  const graph = new Graph({ opset, notes: [] })
  const x = graph.input('x', 'float32', shape)
  const results = graph.emit(op, [x, ...extra(graph)], attributes, outputs)
  for (const [i, result] of results.entries()) graph.output(`y${i}`, result)
  const expected = await runGraph(graph, { x: pixels() })
  const converted = convertOpset(graph, 23)
  assert.equal(converted.opset, 23)
  const actual = await runGraph(converted, { x: pixels() })
  for (const [name, { data, shape }] of Object.entries(expected)) {
    assert.deepEqual(actual[name]!.shape, shape)
    for (const [i, value] of data.entries()) assert.ok(Math.abs(Number(value) - Number(actual[name]!.data[i])) < 1e-6)
  }
}

const scales = (graph: Graph) => [graph.initializer('scales', 'float32', [4], new Float32Array([1, 1, 2, 2]))]

const cases: [name: string, ...Parameters<typeof assertSame>][] = [
  ['ReduceMean', 13, 'ReduceMean', { axes: ints([-1]), keepdims: int(0) }],
  ['ReduceSum', 12, 'ReduceSum', { axes: ints([1, 2]) }],
  ['ReduceMax of all', 13, 'ReduceMax', {}],
  ['Unsqueeze', 11, 'Unsqueeze', { axes: ints([0, 3]) }],
  ['Softmax over a middle axis', 11, 'Softmax', { axis: int(2) }],
  ['Softmax over the default axis', 11, 'Softmax', {}],
  ['Softmax over the last axis', 12, 'Softmax', { axis: int(3) }],
  ['Split', 11, 'Split', { axis: int(1), split: ints([1, 2]) }, () => [], 2],
  ['Split in equal parts', 13, 'Split', { axis: int(2) }, () => [], 2],
  ['Clip', 10, 'Clip', { min: float(-0.5), max: float(0.25) }],
  ['Clip from below', 9, 'Clip', { min: float(0) }],
  ['Pad', 10, 'Pad', { pads: ints([0, 0, 1, 0, 0, 0, 0, 2]), value: float(3) }],
  ['Slice', 9, 'Slice', { starts: ints([1, 0]), ends: ints([2, 3]), axes: ints([1, 3]) }],
  ['Dropout', 11, 'Dropout', { ratio: float(0.5) }],
  ['Resize', 10, 'Resize', { mode: string('linear') }, scales],
  ['Upsample', 9, 'Upsample', { mode: string('nearest') }, scales],
  [
    'Resize to sizes',
    11,
    'Resize',
    { mode: string('nearest') },
    (graph) => [
      graph.initializer('roi', 'float32', [0], new Float32Array(0)),
      graph.initializer('none', 'float32', [0], new Float32Array(0)),
      graph.constant('int64', [2, 3, 8, 6]),
    ],
  ],
]

for (const [name, ...rest] of cases)
  test(`${name} of opset ${rest[0]} computes the same in opset 23`, () => assertSame(...rest))

test('what cannot be converted is refused in one sentence', () => {
  const graph = new Graph({ opset: 17, notes: [] })
  graph.output('y', graph.emit('Unheard', [graph.input('x', 'float32', [1])])[0]!)
  const refused = (opset: number, message: RegExp) =>
    assert.throws(
      () => convertOpset(graph, opset),
      (error) => error instanceof UserError && message.test(error.message),
    )
  refused(20, /^node \/Unheard \(Unheard\) cannot be converted from opset 17 to 20: export the model with that opset$/)
  refused(13, /opset 17, which cannot become the older opset 13/)
})
