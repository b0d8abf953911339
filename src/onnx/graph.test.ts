import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runGraph } from '../testing/run-graph.js'
import { decodeModel, encodeModel, Graph, GraphError, int, Node, ops, tensor } from './index.js'

test('nodes are named after their scope, and told apart by numbers', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  graph.scope('encoder', () => {
    graph.scope('layers.3', () => ops.relu(ops.relu(x)))
    ops.tanh(x)
  })
  ops.tanh(x)
  assert.deepEqual(
    graph.nodes.map(({ name }) => name),
    ['/encoder/layers.3/Relu', '/encoder/layers.3/Relu_1', '/encoder/Tanh', '/Tanh'],
  )
  assert.equal(graph.nodes[1]!.output.name, '/encoder/layers.3/Relu_1_output_0')
})

test('an error leaves its scope', () => {
  const graph = new Graph()
  assert.throws(() =>
    graph.scope('a', () => {
      throw new Error('no')
    }),
  )
  assert.equal(ops.relu(graph.input('x', 'float32', [1])).producer!.name, '/Relu')
})

test('a scope returns what its body returns', () => {
  assert.equal(
    new Graph().scope('a', () => 5),
    5,
  )
})

test('names are unique among inputs, initializers and outputs', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [1])
  assert.throws(() => graph.input('x', 'float32', [1]), /already has a value called x/)
  assert.throws(() => graph.initializer('x', 'float32', [1], new Float32Array(1)), /already has a value called x/)
  assert.throws(() => graph.output('x', ops.relu(x)), /already has a value called x/)
})

test('an initializer is the memory of the caller, not a copy', async () => {
  const graph = new Graph()
  const data = Float32Array.of(1, 2)
  const weight = graph.initializer('weight', 'float32', [2], data)
  assert.equal(weight.data, data)
  assert.equal(graph.initializer('weight', 'float32', [2], data), weight, 'asked again, it is the same value')
  assert.throws(() => graph.initializer('weight', 'float32', [2], data.slice()), /two different initializers .* weight/)
  assert.throws(
    () => graph.initializer('other', 'float32', [3], data),
    /initializer other has 2 elements, but its shape is \[3\]/,
  )
  graph.output('y', ops.add(graph.input('x', 'float32', [2]), weight))
  data[0] = 10
  const { y } = await runGraph(graph, { x: tensor('float32', [0, 0]) })
  assert.deepEqual([...(y!.data as Float32Array)], [10, 2], 'a change shows in the file that is written later')
})

test('a parameter is only drawn by graphs that want its numbers', () => {
  class ShapesOnly extends Graph {
    override parameter(name: string, shape: readonly number[]) {
      return this.input(name, 'float32', shape)
    }
  }
  const draw = (): never => assert.fail('drawn')
  const shapesOnly: Graph = new ShapesOnly()
  assert.deepEqual(shapesOnly.parameter('w', [2], draw).shape, [2])
  assert.deepEqual([...new Graph().parameter('w', [1], () => Float32Array.of(3)).data!], [3])
})

test('equal constants are one initializer', () => {
  const graph = new Graph()
  assert.equal(graph.constant('float32', 2), graph.constant('float32', 2))
  assert.equal(graph.constant('int64', [1, 2]), graph.constant('int64', [1, 2]))
  const distinct = [
    graph.constant('float32', 2),
    graph.constant('int64', 2),
    graph.constant('int64', [2]),
    graph.constant('int64', [1, 2]),
    graph.constant('int64', [12]),
  ]
  assert.equal(new Set(distinct).size, distinct.length)
  assert.equal(new Set([...graph.initializers.values()].map(({ name }) => name)).size, distinct.length)
  assert.deepEqual(
    distinct.map(({ shape }) => shape),
    [[], [], [1], [2], [1]],
  )
})

test('an output gives its value its name', () => {
  const graph = new Graph()
  const y = ops.relu(graph.input('x', 'float32', [2]))
  const twice = ops.mul(y, 2)
  assert.equal(graph.output('logits', y), y)
  assert.equal(y.name, 'logits')
  assert.equal(twice.producer!.input(0).name, 'logits', 'whoever uses it sees the new name')
})

test('inputs, constants and what is an output already go out through Identity', async () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [1])
  const y = ops.neg(x)
  graph.output('y', y)
  graph.output('again', y)
  graph.output('same', x)
  graph.output('two', graph.constant('float32', 2))
  const results = await runGraph(graph, { x: tensor('float32', [5]) })
  const numbers = Object.fromEntries(Object.entries(results).map(([name, { data }]) => [name, Number(data[0])]))
  assert.deepEqual(numbers, { y: -5, again: -5, same: 5, two: 2 })
})

test('optional outputs that are asked for later have names of their own, also on unnamed nodes', () => {
  const graph = new Graph()
  const [x, scale] = [graph.input('x', 'float32', [2, 3]), graph.initializer('w', 'float32', [3], new Float32Array(3))]
  const means = ['a', 'b'].map((name) => {
    const node = new Node(graph, 'LayerNormalization', '', [x, scale, scale], { axis: int(-1) })
    graph.append(node, [name])
    const inverseStd = graph.extraOutput(node, 2)
    assert.equal(graph.extraOutput(node, 2), inverseStd, 'asked again, it is the same value')
    assert.deepEqual(node.outputs.length, 3)
    assert.equal(node.outputs[1], undefined)
    return graph.extraOutput(node, 1)
  })
  assert.deepEqual(means[0]!.shape, [2, 1])
  const names = graph.nodes.flatMap((node) => node.outputs.map((output) => output!.name))
  assert.equal(new Set(names).size, 6)
  for (const [i, mean] of means.entries()) graph.output(`mean${i}`, mean)
  assert.equal(decodeModel(encodeModel(graph)).nodes.length, 2)
})

test('folding leaves alone what a float64 does not hold exactly, and halves', () => {
  const graph = new Graph()
  const largest = { dtype: 'int64', shape: [1], data: BigInt64Array.of(2n ** 63n - 1n) } as const
  const constant = (value: typeof largest | ReturnType<typeof tensor>) =>
    new Node(graph, 'Constant', '', [], { value: { kind: 'tensor', value } })
  assert.equal(graph.fold(constant(largest)), undefined)
  assert.deepEqual(graph.fold(constant(tensor('int64', [-1, 7]))), tensor('int64', [-1, 7]))
  const size = ops.cast(ops.shape(graph.input('x', 'float32', [197])), 'float16')
  assert.deepEqual(size.content, [197])
  assert.equal(graph.fold(size.producer!), undefined, 'float16 is held as bits, not as numbers')
})

test('operators of other domains have no type, and those behind them neither', () => {
  const graph = new Graph()
  const x = graph.input('x', 'float32', [2])
  const node = new Node(graph, 'FusedGelu', 'f', [x], {}, 'com.microsoft')
  const [y] = graph.append(node, ['y'])
  assert.equal(y!.isTyped, false)
  assert.equal(ops.tanh(y!).isTyped, false)
  const [declared] = graph.append(
    new Node(graph, 'FusedGelu', 'g', [x], {}, 'com.microsoft'),
    ['z'],
    [{ dtype: 'float32', shape: [2] }],
  )
  assert.deepEqual(ops.tanh(declared!).shape, [2])
  assert.throws(() => graph.output('broken', ops.add(declared!, graph.input('w', 'float32', [3]))), GraphError)
})
