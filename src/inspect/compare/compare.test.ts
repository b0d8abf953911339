import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT, type ViTConfig } from '../../nn/index.js'
import { encodeModel, Graph, int, Node, ops, readModel } from '../../onnx/index.js'
import { inlineRuntime } from '../../runtime/node/runtime.js'
import { compareModels, formatComparison, understand } from '../index.js'

const tiny = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 3, numHeads: 2, numClasses: 5 }

interface Options extends Partial<ViTConfig> {
  opset?: number
  seed?: number
  batch?: number | string
  change?: (vit: ViT) => void
}

/** A model as it is compared. */
function modelOf({ opset = 17, seed = 1, batch = 'batch', change = () => {}, ...options }: Options = {}) {
  const vit = new ViT({ ...tiny, ...options }, seed)
  change(vit)
  return fileOf(vit.build(new Graph({ opset }), batch), `seed ${seed}, opset ${opset}`)
}

function fileOf(graph: Graph, name: string) {
  const bytes = encodeModel(graph)
  const model = readModel(bytes)
  return { name, model, understanding: understand(model.graph), bytes }
}

const compare = (a: ReturnType<typeof fileOf>, b: ReturnType<typeof fileOf>) =>
  compareModels(a, b, {
    runtime: inlineRuntime,
    a: async () => ({ model: a.bytes }),
    b: async () => ({ model: b.bytes }),
  })

test('a model does not differ from itself', async () => {
  const { facts, parts, weights, ops, results, notes } = await compare(modelOf(), modelOf())
  assert.deepEqual(
    [facts, parts, ops, notes, weights.different, weights.onlyA, weights.onlyB],
    [[], [], [], [], [], [], []],
  )
  // Patches 2, tokens 2, final norm 2, head 2, and in a layer: two norms, four products and an extra two for q, k, v, with biases.
  assert.equal(weights.equal, 2 + 2 + 2 + 2 + 3 * 2 * (2 + 4 + 2))
  assert.deepEqual(results?.outputs, [{ name: 'logits', absolute: 0, relative: 0 }])
  assert.equal(results?.firstDeviation, undefined)
})

test('another opset: other forms of the same parts, equal weights, results within rounding', async () => {
  const { facts, parts, weights, results } = await compare(modelOf({ opset: 13 }), modelOf({ opset: 20 }))
  assert.deepEqual(
    facts.filter(({ what }) => what === 'opset'),
    [{ what: 'opset', a: '13', b: '20' }],
  )
  assert.deepEqual(new Set(parts.map(({ what }) => what)), new Set(['form']))
  assert.equal(parts.length, 2 * 3 + 1 + 3)
  assert.equal(weights.equal, weights.compared)
  assert.ok(results!.outputs[0]!.relative < 1e-5)
})

test('one changed weight is found, and the layer and the part from which on results differ', async () => {
  const change = (vit: ViT) => {
    const { data } = vit.parameters.get('blocks.1.mlp.fc1.bias')!
    data[0]! += 5
  }
  const comparison = await compare(modelOf(), modelOf({ change }))
  const { weights, results } = comparison
  assert.deepEqual(
    weights.different.map(({ name, absolute }) => [name, Math.round(1000 * absolute)]),
    [['blocks.1.mlp.fc1.bias', 5000]],
  )
  assert.equal(results?.firstDeviation, 'blocks.1')
  assert.equal(results.steps.find(({ name }) => name === 'blocks.0')?.absolute, 0)
  assert.equal(results.within.find(({ relative }) => relative > 1e-3)?.name, 'blocks.1.mlp.fc1')
  assert.match(formatComparison(comparison, { width: 120 }), /from blocks\.1 on they differ by more than 0\.001/)
})

test('a missing layer is one difference, not one for each part in it', async () => {
  const { parts, facts, weights } = await compare(modelOf(), modelOf({ depth: 2 }))
  assert.deepEqual(
    parts.map(({ name, what }) => [name, what]),
    [['blocks.2', 'only in a']],
  )
  assert.ok(facts.some(({ what, a, b }) => what === 'config.depth' && a === '3' && b === '2'))
  assert.ok(weights.onlyA.every((name) => name.startsWith('blocks.2.')) && weights.onlyA.length > 0)
})

test('a fixed batch takes the place of an open one', async () => {
  const { results, parts } = await compare(modelOf(), modelOf({ batch: 3 }))
  assert.ok(results!.outputs[0]!.relative < 1e-5)
  assert.deepEqual(parts, [])
})

test('other inputs: it says why they were not run', async () => {
  const { results, notes } = await compare(modelOf(), modelOf({ imageSize: 40 }))
  assert.equal(results, undefined)
  assert.match(notes.join(), /not run: the input pixel_values of one is \[1,3,32,32\], of the other \[batch,3,40,40\]/)
})

test('models without layers are compared by the names of values and weights', async () => {
  const chain = (factor: number) => {
    const graph = new Graph()
    const x = graph.input('x', 'float32', ['n', 16])
    const weight = graph.initializer('weight', 'float32', [16], new Float32Array(16).fill(factor))
    const [scaled] = graph.append(new Node(graph, 'Mul', '', [ops.abs(x), weight], {}), ['scaled'])
    graph.output('y', graph.emit('Softmax', [scaled!], { axis: int(-1) })[0]!)
    return fileOf(graph, `times ${factor}`)
  }
  const { weights, results } = await compare(chain(1), chain(2))
  assert.deepEqual(
    weights.different.map(({ name, absolute, relative }) => [name, absolute, relative]),
    [['weight', 1, 0.5]],
  )
  assert.equal(results?.firstDeviation, 'scaled')
})
