import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ViT, type ViTConfig } from '../../nn/index.js'
import { Graph } from '../../onnx/index.js'
import { familyPixels, familyTolerance, loadFamily, relativeError } from '../../testing/families.js'
import { runGraph } from '../../testing/run-graph.js'
import { forInference } from './index.js'

const folder = fileURLToPath(new URL('../../../test/fixtures/families/', import.meta.url))
const small: Partial<ViTConfig> = { imageSize: 32, patchSize: 16, embedDim: 32, depth: 2, numHeads: 4, numClasses: 3 }

const graphOf = (options: Partial<ViTConfig>) => new ViT(options, 1).build(new Graph())

async function outputsOf(graph: Graph, shape: readonly number[]): Promise<number[]> {
  const outputs = await runGraph(graph, { pixel_values: familyPixels(shape) })
  return Array.from(Object.values(outputs)[0]!.data as Float32Array)
}

const count = (graph: Graph, op: string) => graph.nodes.filter((node) => node.op === op).length

/** Asserts that both graphs compute the same for one picture and for three. */
async function assertSame(graph: Graph, other: Graph, imageSize = 32) {
  for (const batch of [1, 3]) {
    const shape = [batch, 3, imageSize, imageSize]
    const error = relativeError(await outputsOf(graph, shape), await outputsOf(other, shape))
    assert.ok(error < 1e-5, `the error is ${error}`)
  }
}

test('models of every family still give the outputs of the library that made them', async (t) => {
  for (const name of readdirSync(folder))
    await t.test(name, async () => {
      const { model, shape, expected } = await loadFamily(join(folder, name))
      const error = relativeError(await outputsOf(forInference(model.vit.build(new Graph())), shape), expected)
      assert.ok(error <= familyTolerance, `the largest error is ${error} of the largest output`)
    })
})

// Where the layers in nn/ emit other nodes, the rules have to follow: nothing else would tell that they match no more.
test('every attention is fused, and its three products stand alone', () => {
  for (const options of [{}, { qkNorm: true }, { pooling: 'avg', fcNorm: true }, { initValues: 1 }] as const) {
    const graph = forInference(graphOf({ ...small, ...options }))
    assert.equal(count(graph, 'MultiHeadAttention'), small.depth, JSON.stringify(options))
    assert.equal(count(graph, 'Softmax') + count(graph, 'Split'), 0, JSON.stringify(options))
    assert.equal(count(graph, 'Gemm'), 6 * small.depth! + 1, JSON.stringify(options))
  }
})

test('weights are taken as they lie in memory', () => {
  const vit = new ViT(small, 1)
  const graph = forInference(vit.build(new Graph()))
  const own = new Set([...vit.parameters.values()].map(({ data }) => data.buffer))
  for (const { name, data } of graph.initializers.values())
    assert.ok(data!.length < 16 || own.has(data!.buffer as ArrayBuffer), name)
})

test('the last layer computes the class token alone, and both where two are asked for', async () => {
  for (const [tokens, options] of [
    [1, {}],
    [1, { mlp: 'swiglu', activation: 'silu' }],
    [1, { activation: 'quickGelu', initValues: 0.1 }],
    [2, { distillation: true }],
  ] as const) {
    const graph = graphOf({ ...small, ...options })
    const fast = forInference(graph)
    const fused = fast.nodes.filter(({ op }) => op === 'MultiHeadAttention')
    assert.deepEqual(fused.at(-1)!.output.shape, ['batch', tokens, 32])
    const behind = fast.nodes.slice(fast.nodes.indexOf(fused.at(-1)!))
    assert.ok(
      behind.every(({ outputs }) => outputs.every((value) => value!.rank < 3 || value!.shape[1] !== 5)) || tokens === 2,
    )
    await assertSame(fast, graph)
  }
})

test('a model that looks at all tokens computes them all', async () => {
  const graph = graphOf({ ...small, pooling: 'token+avg' })
  const fast = forInference(graph)
  assert.deepEqual(fast.nodes.findLast(({ op }) => op === 'MultiHeadAttention')!.output.shape, ['batch', 5, 32])
  await assertSame(fast, graph)
})

test('products of 1024 hidden features are halved, of 512 they are not', async () => {
  for (const [embedDim, products] of [
    [128, 6],
    [256, 8],
  ] as const) {
    const graph = graphOf({ ...small, embedDim, activation: 'quickGelu' })
    const fast = forInference(graph)
    assert.equal(count(fast, 'Gemm'), products * small.depth! + 1)
    await assertSame(fast, graph)
  }
})

test('a graph for one batch size, and one that nothing matches, work too', async () => {
  const graph = new ViT(small, 1).build(new Graph(), 3)
  const shape = [3, 3, 32, 32]
  const fast = forInference(graph)
  assert.equal(count(fast, 'MultiHeadAttention'), small.depth)
  assert.ok(relativeError(await outputsOf(fast, shape), await outputsOf(graph, shape)) < 1e-5)
  const old = new ViT(small, 1).build(new Graph({ opset: 12 }))
  await assertSame(forInference(old), old)
})
