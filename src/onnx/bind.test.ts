import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT } from '../nn/index.js'
import { runGraph } from '../testing/run-graph.js'
import { bindDimensions, copyNodes, Graph, isStatic, Node, neededNodes, ops, tensor, type Value } from './index.js'

const ones = (shape: number[]) => tensor('float32', Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape)

/** Rows of `x` behind its first `skip`, doubled and flattened by its own sizes, as exporters write it. */
function exportedStyle(): Graph {
  const graph = new Graph({ name: 'exported', training: true })
  graph.metadata.set('key', 'value')
  graph.domains.set('com.example', 2)
  const x = graph.input('x', 'float32', ['batch', 3, 4])
  const one = graph.constant('int64', [-1])
  const batch = ops.gather(ops.shape(x), 0, 0)
  const target = ops.concat([ops.unsqueeze(batch, [0]), one], 0)
  const end = graph.emit('Constant', [], {
    value: { kind: 'tensor', value: { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 63n - 1n) } },
  })[0]!
  const rest = ops.slice(x, [1], end, [1])
  const weight = graph.initializer('weight', 'float32', [4], Float32Array.of(1, 2, 3, 4))
  ops.tanh(ops.tanh(x))
  graph.output('y', ops.reshape(ops.mul(rest, weight), target))
  return graph
}

test('binding fixes every shape, folds what describes shapes, and leaves out what no output needs', async () => {
  const source = exportedStyle()
  const bound = bindDimensions(source, { batch: 5 })
  assert.deepEqual(bound.inputs[0]!.shape, [5, 3, 4])
  assert.deepEqual(bound.outputs[0]!.shape, [5, 8])
  assert.ok(bound.nodes.every((node) => node.outputs.every((output) => isStatic(output!.shape))))
  assert.deepEqual(
    bound.nodes.map(({ op }) => op),
    ['Constant', 'Slice', 'Mul', 'Reshape'],
  )
  assert.deepEqual([...neededNodes(bound, bound.outputs)], bound.nodes, 'no dead nodes')
  const x = ones([5, 3, 4])
  assert.deepEqual((await runGraph(bound, { x })).y, (await runGraph(source, { x })).y)
})

test('binding keeps everything else: names, metadata, opset, memory of the weights', () => {
  const source = exportedStyle()
  const bound = bindDimensions(source, { batch: 5 })
  assert.deepEqual([bound.name, bound.opset, bound.training], ['exported', 20, true])
  assert.deepEqual([...bound.metadata], [['key', 'value']])
  assert.deepEqual([...bound.domains], [['com.example', 2]])
  assert.equal(bound.initializers.get('weight')!.data, source.initializers.get('weight')!.data)
  assert.equal(source.inputs[0]!.shape[0], 'batch', 'the source is as it was')
  const names = new Set(source.nodes.map(({ name }) => name))
  assert.ok(bound.nodes.every(({ name }) => names.has(name)))
})

test('a ViT built for any batch and then bound is the ViT built for that batch, in shapes and in numbers', async () => {
  const model = new ViT({ imageSize: 16, patchSize: 8, embedDim: 12, depth: 2, numHeads: 2, numClasses: 3 })
  const bound = bindDimensions(model.build(new Graph()), { batch: 2 })
  const built = model.build(new Graph(), 2)
  assert.deepEqual(bound.outputs[0]!.shape, [2, 3])
  assert.ok(!bound.nodes.some(({ op }) => op === 'Shape'))
  assert.ok(bound.nodes.length <= built.nodes.length)
  const feeds = { pixel_values: ones([2, 3, 16, 16]) }
  assert.deepEqual(await runGraph(bound, feeds), await runGraph(built, feeds))
})

test('initializers can be promoted to inputs', async () => {
  const bound = bindDimensions(exportedStyle(), { batch: 1 }, { promote: ({ name }) => name === 'weight' })
  assert.deepEqual(
    bound.inputs.map(({ name, shape }) => [name, shape]),
    [
      ['x', [1, 3, 4]],
      ['weight', [4]],
    ],
  )
  assert.equal(bound.initializers.has('weight'), false)
  const { y } = await runGraph(bound, { x: ones([1, 3, 4]), weight: tensor('float32', [5, 6, 7, 8]) })
  assert.deepEqual([...(y!.data as Float32Array)], [5, 6, 7, 8, 5, 6, 7, 8])
})

test('an output stays computed, even where it became known', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['batch'])
  graph.output('size', ops.shape(x))
  graph.output('double', ops.mul(ops.shape(x), 2))
  graph.output('x_again', x)
  const bound = bindDimensions(graph, { batch: 3 })
  const results = await runGraph(bound, { x: ones([3]) })
  assert.deepEqual(
    Object.entries(results).map(([name, { data }]) => `${name}: ${[...(data as Float32Array)]}`),
    ['size: 3', 'double: 6', 'x_again: 1,1,1'],
  )
})

test('a size that contradicts the graph is refused where it does', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', ['batch', 2])
  graph.output('y', ops.add(x, graph.input('z', 'float32', ['other', 2])))
  assert.throws(() => bindDimensions(graph, { batch: 3, other: 4 }), /\/Add: shapes \[3, 2\] and \[4, 2\] do not/)
})

test('one graph is copied into another under a prefix, its input replaced', async () => {
  const target = new Graph()
  const pixels = target.input('pixels', 'float32', [2, 3, 4])
  const scaled = ops.mul(pixels, 2)
  const copy = (prefix: string, from: Value) => {
    const source = exportedStyle()
    return copyNodes(source, source.outputs, target, { mapping: new Map([[source.inputs[0]!, from]]), prefix })[0]!
  }
  target.output('first', copy('a', scaled))
  target.output('second', copy('b', pixels))
  assert.ok(target.initializers.has('aweight') && target.initializers.has('bweight'))
  const { first, second } = await runGraph(target, { pixels: ones([2, 3, 4]) })
  assert.deepEqual([...(first!.data as Float32Array).subarray(0, 4)], [2, 4, 6, 8])
  assert.deepEqual([...(second!.data as Float32Array).subarray(0, 4)], [1, 2, 3, 4])
})

test('copying needs every input that the wanted values need', () => {
  const source = exportedStyle()
  assert.throws(
    () => copyNodes(source, source.outputs, new Graph(), { mapping: new Map() }),
    /input x of the copied graph was not given/,
  )
})

test('the types that a file declares for unknown operators are copied along', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const [y] = graph.append(
    new Node(graph, 'Custom', 'c', [x], {}, 'com.example'),
    ['y'],
    [{ dtype: 'float32', shape: [7] }],
  )
  graph.output('y', y!)
  assert.deepEqual(bindDimensions(graph, {}).outputs[0]!.shape, [7])
})
