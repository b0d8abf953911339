import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Graph, tensor } from '../onnx/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { runGraph } from '../testing/run-graph.js'
import { readWeights } from '../weights/index.js'
import { ViT, type ViTConfig } from './index.js'

const root = new URL('../../', import.meta.url)
const fixture = (name: string) => fileURLToPath(new URL(`test/fixtures/${name}`, root))
const readJson = (path: string) => JSON.parse(readFileSync(path, 'utf8'))

/** The synthetic picture of all golden files: x[i] = sin(0.01·i). */
function sineInput(shape: readonly number[]) {
  const count = shape.reduce((a, b) => a * b, 1)
  return tensor(
    'float32',
    Array.from({ length: count }, (_, i) => Math.sin(0.01 * i)),
    shape,
  )
}

async function logitsOf(model: ViT, shape: readonly number[]): Promise<Float32Array> {
  const { logits } = await runGraph(model.build(new Graph()), { pixel_values: sineInput(shape) })
  return logits!.data as Float32Array
}

/** The largest error as a share of the largest logit. float32 against float64 leaves about 1e-6. */
function relativeError(actual: Float32Array, expected: readonly number[]): number {
  assert.equal(actual.length, expected.length)
  const errors = expected.map((value, i) => Math.abs(actual[i]! - value))
  return Math.max(...errors) / Math.max(...expected.map(Math.abs))
}

const pretrained = fileURLToPath(new URL('../shared/weights/vit_tiny_patch16_224', root))
const skip = existsSync(pretrained) ? false : 'needs ../shared/weights/vit_tiny_patch16_224'

test('the pretrained ViT-Ti/16 gives the logits of an independent float64 run', { skip }, async () => {
  const model = new ViT({ embedDim: 192, depth: 12, numHeads: 3 })
  model.loadStateDict((await readWeights(nodeFiles, pretrained)).tensors)
  const expected = readJson(`${pretrained}/golden-sin-input.json`)
  const error = relativeError(await logitsOf(model, [1, 3, 224, 224]), expected.logits)
  assert.ok(error < 1e-4, `relative error ${error}`)
})

const small = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 2, numHeads: 3, numClasses: 5 }

for (const [name, config] of [
  ['timm-tiny-vit', small],
  ['hf-tiny-vit', { ...small, mlpRatio: 2, layerNormEps: 1e-12 }],
] as const)
  test(`the folder ${name} gives the logits that its own library computed in float64`, async () => {
    const model = new ViT(config)
    const { tensors } = await readWeights(nodeFiles, fixture(name))
    const shapes = (entries: Iterable<[string, { shape: readonly number[] }]>) =>
      Object.fromEntries([...entries].map(([key, { shape }]) => [key, [...shape]]))
    assert.deepEqual(shapes(model.parameters), shapes(tensors), 'the same names and shapes')
    model.loadStateDict(tensors)
    const { logits, shape } = readJson(`${fixture(name)}/expected.json`)
    const error = relativeError(await logitsOf(model, shape), logits.flat())
    assert.ok(error < 1e-5, `relative error ${error}`)
  })

const shapesOf = (options: Partial<ViTConfig>) =>
  Object.fromEntries([...new ViT({ ...small, ...options }).parameters].map(([name, { shape }]) => [name, shape.join()]))

/** The parameters that an option adds, takes away or gives another shape. */
function changedShapes(options: Partial<ViTConfig>): Record<string, string | undefined> {
  const [before, after] = [shapesOf({}), shapesOf(options)]
  const names = new Set([...Object.keys(before), ...Object.keys(after)])
  return Object.fromEntries(
    [...names].filter((name) => before[name] !== after[name]).map((name) => [name, after[name]]),
  )
}

test('options of size change the shapes of the parameters that they are about, and no others', () => {
  assert.deepEqual(changedShapes({ imageSize: 64 }), { pos_embed: '1,65,24' })
  assert.deepEqual(changedShapes({ patchSize: 16 }), { pos_embed: '1,5,24', 'patch_embed.proj.weight': '24,3,16,16' })
  assert.deepEqual(changedShapes({ inChannels: 1 }), { 'patch_embed.proj.weight': '24,1,8,8' })
  assert.deepEqual(changedShapes({ numClasses: 7 }), { 'head.weight': '7,24', 'head.bias': '7' })
  assert.deepEqual(changedShapes({ mlpRatio: 2.5 })['blocks.1.mlp.fc1.weight'], '60,24')
  assert.deepEqual(Object.keys(changedShapes({ mlpRatio: 2 })).length, 2 * 3)
  assert.deepEqual(changedShapes({ qkvBias: false }), {
    'blocks.0.attn.qkv.bias': undefined,
    'blocks.1.attn.qkv.bias': undefined,
  })
  assert.equal(Object.keys(changedShapes({ depth: 3 })).filter((name) => name.startsWith('blocks.2.')).length, 12)
  assert.equal(Object.keys(changedShapes({ depth: 3 })).length, 12)
  assert.equal(shapesOf({ embedDim: 48 })['blocks.0.attn.qkv.weight'], '144,48')
  assert.deepEqual(changedShapes({ representationSize: 16 }), {
    'pre_logits.fc.weight': '16,24',
    'pre_logits.fc.bias': '16',
    'head.weight': '5,16',
  })
  assert.deepEqual(changedShapes({ head: 'mlp' }), {
    'head.weight': undefined,
    'head.bias': undefined,
    'head.fc1.weight': '24,24',
    'head.fc1.bias': '24',
    'head.fc2.weight': '5,24',
    'head.fc2.bias': '5',
  })
  for (const same of [{ numHeads: 4 }, { dropout: 0.5 }, { layerNormEps: 1 }, { initialization: 'wzm' }] as const)
    assert.deepEqual(changedShapes(same), {})
})

test('options without parameters change the logits', async () => {
  const model = new ViT(small)
  const state = model.stateDict()
  const shape = [1, 3, 32, 32]
  const before = await logitsOf(model, shape)
  for (const options of [{ numHeads: 4 }, { layerNormEps: 0.5 }]) {
    const other = new ViT({ ...small, ...options })
    other.loadStateDict(state)
    assert.ok(relativeError(await logitsOf(other, shape), [...before]) > 1e-2, JSON.stringify(options))
  }
  const same = new ViT({ ...small, dropout: 0.5, attentionDropout: 0.5, dropPath: 0.5, initialization: 'wzm' })
  same.loadStateDict(state)
  assert.deepEqual(await logitsOf(same, shape), before, 'and these do nothing to a trained model')
})

test('both heads and the representation layer compute what their names say', async () => {
  const identity = (size: number) =>
    Float32Array.from({ length: size * size }, (_, i) => (i % (size + 1) === 0 ? 1 : 0))
  const wide = { ...small, numClasses: small.embedDim }
  const square = { dtype: 'float32' as const, shape: [24, 24], data: identity(24) }
  const none = tensor('float32', Array(24).fill(0))
  const run = async (options: Partial<ViTConfig>, names: readonly string[]) => {
    const model = new ViT({ ...wide, ...options })
    model.loadStateDict(
      new Map(names.flatMap((name) => [[`${name}.weight`, square] as const, [`${name}.bias`, none] as const])),
    )
    return [...(await logitsOf(model, [1, 3, 32, 32]))]
  }
  const plain = await run({}, ['head'])
  const close = (actual: number[], expected: number[]) =>
    assert.ok(relativeError(Float32Array.from(actual), expected) < 1e-5)
  assert.ok(plain.some((value) => value < 0))
  close(
    await run({ head: 'mlp' }, ['head.fc1', 'head.fc2']),
    plain.map((value) => Math.max(value, 0)),
  )
  close(await run({ representationSize: 24 }, ['pre_logits.fc', 'head']), plain.map(Math.tanh))
})

test('the seed decides about the weights, and each parameter draws on its own', () => {
  const weights = (seed: number, options: Partial<ViTConfig> = {}) =>
    new ViT({ ...small, ...options }, seed).parameters.get('blocks.1.mlp.fc1.weight')!.data
  assert.deepEqual(weights(3), weights(3))
  assert.notDeepEqual(weights(3), weights(4))
  assert.deepEqual(weights(3, { depth: 5, numClasses: 2 }), weights(3), 'whatever else is in the model')
  assert.notDeepEqual(weights(3, { initialization: 'wzm' }), weights(3))
  const model = new ViT(small)
  assert.notDeepEqual(
    model.parameters.get('blocks.0.mlp.fc1.weight')!.data,
    model.parameters.get('blocks.1.mlp.fc1.weight')!.data,
  )
})

test('a state dict is the memory of the model, and what is loaded becomes it', () => {
  const model = new ViT(small)
  const state = model.stateDict()
  assert.equal(state.get('norm.weight')!.data, model.parameters.get('norm.weight')!.data)
  const own = model.parameters.get('norm.weight')!.data
  const bias = tensor('float32', Array(24).fill(0.5))
  model.loadStateDict(new Map([['norm.bias', bias]]))
  assert.equal(model.parameters.get('norm.bias')!.data, bias.data)
  assert.equal(model.parameters.get('norm.weight')!.data, own, 'what is not given stays')
  const graph = model.build(new Graph())
  assert.equal(graph.initializers.get('norm.bias')!.data, bias.data)
})

test('weights that do not fit are refused by name', () => {
  const model = new ViT(small)
  const load = (name: string, value: ReturnType<typeof tensor>) => () => model.loadStateDict(new Map([[name, value]]))
  assert.throws(load('fc_norm.weight', tensor('float32', [1])), /the model has no parameter fc_norm\.weight/)
  assert.throws(
    load('head.bias', tensor('float32', [1, 2])),
    /head\.bias is float32\[2\], but the model needs float32\[5\]/,
  )
  assert.throws(load('head.bias', tensor('float64', [1, 2, 3, 4, 5])), /head\.bias is float64\[5\]/)
})

test('input and output are named and shaped as documented', () => {
  const graph = new ViT({ ...small, inChannels: 1 }).build(new Graph())
  assert.deepEqual(
    [...graph.inputs, ...graph.outputs].map(({ name, dtype, shape }) => [name, dtype, shape]),
    [
      ['pixel_values', 'float32', ['batch', 1, 32, 32]],
      ['logits', 'float32', ['batch', 5]],
    ],
  )
  assert.deepEqual(new ViT(small).build(new Graph(), 4).outputs[0]!.shape, [4, 5])
  assert.ok(graph.nodes.some(({ name }) => name === '/encoder/layers.1/attn/Softmax'))
})

test('each sample is computed on its own, whatever the size of the batch', async () => {
  const model = new ViT(small)
  const one = await logitsOf(model, [1, 3, 32, 32])
  const three = await logitsOf(model, [3, 3, 32, 32])
  assert.ok(relativeError(three.subarray(0, 5), [...one]) < 1e-5)
  assert.notDeepEqual(three.subarray(5, 10), three.subarray(0, 5))
})
