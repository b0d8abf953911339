import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, int, ints, Node, ops, tensor, type Value } from '../../../onnx/index.js'
import { inlineRuntime } from '../../../runtime/node/runtime.js'
import { opsOf, optimized } from '../../../testing/optimized.js'
import type { Pass } from '../pass.js'
import { unexpand } from './expanded.js'
import { foldConstants } from './fold-constants.js'
import { useKnownShapes } from './known-shapes.js'
import { removeNoOps } from './no-ops.js'
import { shareEquals } from './shared.js'

const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i + 1))

/** A graph of one input, [batch, 3, 4]. */
function graphOf(build: (x: Value, graph: Graph) => Value, opset = 17): Graph {
  const graph = new Graph({ opset })
  graph.output('y', build(graph.input('x', 'float32', ['batch', 3, 4]), graph))
  return graph
}

async function after(pass: Pass, graph: Graph): Promise<Graph> {
  const result = await pass.apply(graph, inlineRuntime)
  // The same passes within a whole optimisation, which compares results.
  await optimized(graph)
  return result
}

test('nodes that change nothing go, and pairs become one', async () => {
  const graph = graphOf((x, graph) => {
    const same = ops.identity(graph.emit('Cast', [x], { to: int(1) })[0]!)
    const [kept] = graph.emit('Dropout', [same, graph.constant('float32', 0.5)], {}, 2)
    const turned = ops.transpose(ops.transpose(kept!, [1, 0, 2]), [1, 0, 2])
    const once = ops.reshape(ops.reshape(turned, [-1, 4]), [-1, 12])
    return ops.add(ops.mul(once, 1), graph.initializer('b', 'float32', [12], ramp(12)))
  })
  assert.deepEqual(opsOf(await after(removeNoOps, await after(removeNoOps, graph))), { Reshape: 1, Add: 1 })
})

test('a factor of 1 that makes the result larger stays', async () => {
  const graph = graphOf((x, graph) =>
    ops.mul(ops.reshape(x, [-1, 12]), graph.initializer('ones', 'float32', [2, 1, 1], new Float32Array([1, 1]))),
  )
  assert.deepEqual(opsOf(await after(removeNoOps, graph)), { Reshape: 1, Mul: 1 })
})

test('a Slice of everything goes, unless it turns an axis around', async () => {
  const graph = graphOf((x) => ops.slice(ops.slice(x, [0], [2 ** 31 - 1], [1]), [-1], [-(2 ** 31)], [1], [-1]))
  assert.deepEqual(opsOf(await after(removeNoOps, graph)), { Slice: 1 })
})

test('what follows from constants is computed once, but for what would grow', async () => {
  const graph = graphOf((x, graph) => {
    const weight = graph.initializer('w', 'float32', [5, 4], ramp(20))
    const [half] = graph.emit('Constant', [], { value: { kind: 'tensor', value: tensor('float32', [0.5], []) } })
    const large = ops.expand(graph.constant('float32', [1]), [200_000])
    return ops.add(ops.matMul(x, ops.mul(ops.transpose(weight, [1, 0]), half!)), ops.slice(large, [0], [1], [0]))
  })
  const folded = await after(foldConstants, graph)
  assert.deepEqual(opsOf(folded), { MatMul: 1, Expand: 1, Slice: 1, Add: 1 })
  const weight = folded.nodes.find(({ op }) => op === 'MatMul')!.input(1)
  assert.ok(Math.abs(Number(weight.data![1]) - Math.sin(5) / 2) < 1e-7)
})

/** [batch, 3, 4] to [batch, 12] as exporters write it. */
function flattened(x: Value): Value {
  const batch = ops.unsqueeze(ops.gather(ops.shape(x), 0, 0), [0])
  return ops.reshape(x, ops.concat([batch, x.graph.constant('int64', [12])], 0))
}

test('a Reshape whose target is computed from shapes gets it as numbers; a dynamic batch stays dynamic', async () => {
  const graph = await after(useKnownShapes, graphOf(flattened))
  assert.deepEqual(opsOf(graph), { Reshape: 1 })
  assert.deepEqual(graph.nodes[0]!.input(1).content, [-1, 12])
  assert.deepEqual(graph.outputs[0]!.shape, ['batch', 12])
})

test('a shape that a node cannot leave open is put together in two nodes', async () => {
  const graph = graphOf((x, graph) => {
    const batch = ops.unsqueeze(ops.gather(ops.shape(ops.mul(x, 2)), 0, 0), [0])
    const target = ops.concat([batch, graph.constant('int64', [1, 4])], 0)
    return ops.concat([ops.expand(graph.initializer('token', 'float32', [1, 1, 4], ramp(4)), target), x], 1)
  })
  assert.deepEqual(opsOf(await after(useKnownShapes, graph)), { Shape: 1, Concat: 2, Expand: 1 })
})

test('a mask that masks nothing goes, though it is repeated for every sample', async () => {
  const graph = graphOf((x, graph) => {
    const seen = graph.initializer('seen', 'bool', [1, 1, 4], new Uint8Array(4).fill(1))
    const [mask] = graph.emit('Where', [
      ops.expand(seen, ops.shape(x)),
      graph.constant('float32', 0),
      graph.constant('float32', -1e9),
    ])
    return ops.softmax(ops.add(x, mask!))
  })
  const expandedLast = await after(foldConstants, await after(unexpand, graph))
  assert.deepEqual(opsOf(expandedLast), { Shape: 1, Expand: 1, Add: 1, Softmax: 1 })
  assert.deepEqual(opsOf(await after(removeNoOps, await after(unexpand, expandedLast))), { Softmax: 1 })
})

test('equal constants and equal nodes are kept once, random ones apart', async () => {
  const graph = graphOf((x, graph) => {
    const [a, b] = ['a', 'b'].map((name) => graph.initializer(name, 'float32', [4], ramp(4)))
    const other = graph.initializer('c', 'float32', [4], ramp(4).fill(2, 3))
    return ops.add(ops.mul(ops.mul(x, a!), ops.mul(x, b!)), ops.mul(x, other))
  })
  const shared = await after(shareEquals, graph)
  assert.deepEqual(opsOf(shared), { Mul: 3, Add: 1 })
  assert.equal(shared.initializers.size, 2)

  const noise = new Graph({ opset: 17 })
  const draw = () => noise.emit('RandomNormal', [], { shape: ints([2]) })[0]!
  noise.output('y', ops.sub(draw(), draw()))
  assert.deepEqual(opsOf((await shareEquals.apply(noise, inlineRuntime)) as Graph), { RandomNormal: 2, Sub: 1 })
})

test('operators of other domains stay as they are', async () => {
  const graph = graphOf((x, graph) => {
    graph.domains.set('com.microsoft', 1)
    const node = new Node(graph, 'QuickGelu', 'quick', [ops.identity(x)], {}, 'com.microsoft')
    return ops.identity(graph.append(node, ['between'], [{ dtype: 'float32', shape: x.shape }])[0]!)
  })
  assert.deepEqual(opsOf((await optimized(graph)).graph), { 'com.microsoft.QuickGelu': 1 })
})
