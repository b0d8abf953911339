import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT } from '../../nn/index.js'
import { Graph, Node, ops } from '../../onnx/index.js'
import { understand } from '../understand/understand.js'
import { attributionTo } from './attribution.js'
import { formatProfile } from './format-profile.js'
import { parseProfile } from './kernel-times.js'
import { summarizeProfile } from './profile.js'

/** Events as ONNX Runtime writes them. */
const kernel = (name: string, op: string, dur: number) => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  dur,
  args: { op_name: op },
})
const runEnd = { cat: 'Session', name: 'model_run', dur: 1, args: {} }

test('kernels are split into runs', () => {
  const events = [
    { cat: 'Session', name: 'session_initialization' },
    kernel('/a', 'Add', 3),
    runEnd,
    kernel('/a', 'Add', 5),
    runEnd,
  ]
  assert.deepEqual(parseProfile(JSON.stringify(events)), [
    [{ name: '/a', op: 'Add', microseconds: 3 }],
    [{ name: '/a', op: 'Add', microseconds: 5 }],
  ])
})

/** Relu → Tanh → Sqrt, the last one without a name. */
function chain() {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const last = graph.append(new Node(graph, 'Sqrt', '', [ops.tanh(ops.relu(x))], {}), ['y'])[0]!
  graph.output('y', last)
  return { graph, relu: graph.nodes[0]!, tanh: graph.nodes[1]!, sqrt: graph.nodes[2]! }
}

test('kernels are found by name, by what they were named after, and by the place of a node without a name', () => {
  const { graph, relu, tanh, sqrt } = chain()
  const attribution = attributionTo(graph)
  const of = (name: string) => attribution({ name, op: '' })
  assert.equal(of('/Relu'), relu)
  assert.equal(of('/Tanh/SomeFusion/'), tanh)
  assert.equal(of('/Relu_output_0_nchwc'), relu)
  assert.equal(of('Sqrt_2'), sqrt)
  assert.equal(of('ReorderOutput'), undefined)
})

test('a fused kernel is found by the value it computes, an added one by what uses it', () => {
  const { graph, tanh, sqrt } = chain()
  const optimized = new Graph()
  const x = optimized.input('x', 'float32', [2])
  const added = optimized.append(new Node(optimized, 'Reorder', 'added', [x], {}, 'vendor'), ['other'])[0]!
  const fused = optimized.append(new Node(optimized, 'ReluTanh', '', [added], {}, 'vendor'), ['/Tanh_output_0'])[0]!
  optimized.append(new Node(optimized, 'Sqrt', '', [fused], {}), ['y'])
  const attribution = attributionTo(graph, optimized)
  assert.equal(attribution({ name: 'ReluTanh', op: 'ReluTanh' }), tanh)
  assert.equal(attribution({ name: 'added', op: 'Reorder' }), tanh)
  assert.equal(attribution({ name: 'Sqrt', op: 'Sqrt' }), sqrt)
})

test('times are means over the middle half of the runs', () => {
  const { graph, relu, tanh } = chain()
  const runs = [900, 10, 20, 0].map((microseconds) => [
    { name: '/Relu', op: 'Relu', microseconds },
    { name: '/Relu/Copy/', op: 'Copy', microseconds: 1 },
    { name: '/Tanh', op: 'Tanh', microseconds: 4 },
    { name: 'unknown', op: 'Cast', microseconds: 5 },
  ])
  const profile = summarizeProfile(runs, attributionTo(graph))
  assert.deepEqual(
    [...profile.nodes],
    [
      [relu, 16],
      [tanh, 4],
    ],
  )
  assert.equal(profile.runs, 4)
  assert.equal(profile.microseconds, 25)
  assert.equal(profile.attributed, 20 / 25)
  assert.deepEqual(profile.kernels[0], { op: 'Relu', count: 1, microseconds: 15 })
})

test('the text tells stages, layers, what is in them, and operators', () => {
  const graph = new ViT({ imageSize: 16, patchSize: 8, embedDim: 8, depth: 2, numHeads: 2, numClasses: 3 }, 1).build(
    new Graph(),
  )
  const { stages } = understand(graph)
  const runs = [graph.nodes.map(({ name, op }) => ({ name, op, microseconds: 2000 }))]
  const profile = summarizeProfile(runs, attributionTo(graph))
  const text = formatProfile(profile, stages, { threads: 2, sizes: { batch: 1 } })
  const layer = stages[1]!.parts.find(({ kind }) => kind === 'encoderLayer')!
  assert.match(text, new RegExp(`^time +${2 * graph.nodes.length}\\.00 ms a run on 2 threads, .* batch 1\n`))
  assert.match(text, new RegExp(`\n {2}blocks\\.1 +${2 * layer.nodes.length}\\.00 `))
  assert.match(text, /\nmlp\.fc1 +\d+\.00 /)
  assert.match(text, /\nSoftmax +2 +4\.00 /)
})
