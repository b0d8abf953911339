import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT } from '../nn/index.js'
import { Graph, ops, tensor } from '../onnx/index.js'
import { relativeError } from '../testing/finite-differences.js'
import { fixture, linearClassifier, openStep, samples, scalar, tenSteps } from '../testing/ten-steps.js'
import { crossEntropy } from './losses/index.js'
import { sgd } from './optimizers/index.js'
import { compileTrainStep, decaysByDefault } from './train-step.js'

const tiny = () => new ViT({ imageSize: 16, patchSize: 8, embedDim: 8, depth: 1, numHeads: 2, numClasses: 3 })
const recipe = { loss: crossEntropy(), optimizer: sgd(), batch: 2 }

test('a training step has the documented inputs and outputs, all of fixed shapes', () => {
  const { graph, state } = compileTrainStep(tiny().build(new Graph({ training: true })), recipe)
  const inputs = graph.inputs.map(({ name }) => name)
  for (const name of ['pixel_values', 'labels', 'learning_rate', 'step', 'head.weight', 'head.weight.momentum_buffer'])
    assert.ok(inputs.includes(name), name)
  const outputs = graph.outputs.map(({ name }) => name)
  for (const name of ['loss', 'correct', 'grad_norm', 'head.weight.new']) assert.ok(outputs.includes(name), name)
  assert.equal(state.length, 2 * tiny().parameters.size)
  const open = graph.nodes
    .flatMap(({ outputs }) => outputs)
    .filter((value) => value?.shape.some((dim) => typeof dim === 'string'))
  assert.deepEqual(open, [])
})

test('behind the last attention only the class token goes on', () => {
  const { graph } = compileTrainStep(tiny().build(new Graph({ training: true })), recipe)
  const rows = (name: string) =>
    graph.nodes.flatMap((node) => (node.name.startsWith(name) && node.op === 'Gemm' ? [node.input(0).shape[0]] : []))
  assert.deepEqual(rows('/encoder/layers.0/attn/qkv'), [2 * 5])
  assert.deepEqual(rows('/encoder/layers.0/mlp'), [2, 2])
})

test('frozen parameters stay constants, and nothing is emitted for their gradients', () => {
  const all = compileTrainStep(tiny().build(new Graph({ training: true })), recipe)
  const trainable = (name: string) => name.startsWith('head.')
  const head = compileTrainStep(tiny().build(new Graph({ training: true })), { ...recipe, trainable })
  assert.deepEqual([...head.parameters.keys()], ['head.weight', 'head.bias'])
  assert.ok(head.graph.initializers.has('blocks.0.mlp.fc1.weight'))
  assert.ok(head.graph.nodes.length < all.graph.nodes.length / 3)
  assert.equal(
    head.graph.nodes.some(({ name }) => name.startsWith('/gradient/encoder')),
    false,
  )
})

test('weight decay spares vectors, tokens and position embedding', () => {
  const decaying = [...tiny().parameters]
    .filter(([name, { shape }]) => decaysByDefault(name, shape))
    .map(([name]) => name)
  assert.deepEqual(decaying, [
    'patch_embed.proj.weight',
    'blocks.0.attn.qkv.weight',
    'blocks.0.attn.proj.weight',
    'blocks.0.mlp.fc1.weight',
    'blocks.0.mlp.fc2.weight',
    'head.weight',
  ])
})

test('a graph without logits cannot be trained', () => {
  const graph = new Graph()
  graph.output('y', ops.relu(graph.input('x', 'float32', ['batch', 3, 4])))
  assert.throws(() => compileTrainStep(graph, recipe), /needs logits \[batch, classes\].*\[2, 3, 4\]/)
})

test('a learning rate of zero freezes, and the gradients of what lies below are not computed', () => {
  const scale = (name: string) => (name.startsWith('head.') ? 1 : 0)
  const scaled = compileTrainStep(tiny().build(new Graph({ training: true })), { ...recipe, learningRateScale: scale })
  assert.deepEqual([...scaled.parameters.keys()], ['head.weight', 'head.bias'])
  assert.ok(scaled.graph.initializers.has('blocks.0.mlp.fc1.weight'))
})

test('a step in which nothing learns, or gradients are clipped in two ways, is refused', () => {
  const source = () => tiny().build(new Graph({ training: true }))
  assert.throws(() => compileTrainStep(source(), { ...recipe, trainable: () => false }), /no parameter learns/)
  assert.throws(() => compileTrainStep(source(), { ...recipe, clipNorm: 1, clipValue: 1 }), /not by both/)
})

// timm's ModelEmaV2 and ModelEmaV3 in float64, by tools/make-optimizer-fixture.py.
for (const [name, ema] of Object.entries({
  v2: { decay: 0.9 },
  'v3 warm-up': { decay: 0.7, warmup: true },
}))
  test(`averages of the weights equal timm's: ${name}`, async () => {
    const source = linearClassifier()
    const before = Float32Array.from(source.initializers.get('weight')!.data as Float32Array)
    const step = compileTrainStep(source, { loss: crossEntropy(), optimizer: sgd(), batch: samples, ema })
    const { state } = await tenSteps(step)
    for (const parameter of ['weight', 'bias']) {
      const error = relativeError(state[`${parameter}.ema`]!.data as Float32Array, fixture.averages[name][parameter])
      assert.ok(error < 1e-5, `${parameter}: relative error ${error}`)
    }
    assert.equal(step.parameters.size, 2)
    assert.ok(relativeError(state['weight.ema']!.data as Float32Array, before) > 1e-3)
  })

test('the heads of a distilled model learn from labels and teacher apart', async () => {
  const model = new ViT({ ...tiny().config, distillation: true }, 3)
  const gradientsOf = async (alpha: number) => {
    const step = compileTrainStep(model.build(new Graph({ training: true }), 2), {
      ...recipe,
      optimizer: sgd({ momentum: 0 }),
      teacher: { type: 'hard', alpha },
    })
    const session = await openStep(step)
    await session.run({
      pixel_values: tensor(
        'float32',
        Array.from({ length: 1536 }, (_, i) => Math.sin(i)),
        [2, 3, 16, 16],
      ),
      labels: tensor('int64', [0, 1]),
      teacher_logits: tensor('float32', [0, 0, 1, 2, 0, 0], [2, 3]),
      learning_rate: scalar(1),
      step: scalar(1),
    })
    const state = await session.readState()
    await session.close()
    const changed = (name: string) => relativeError(state[name]!.data as Float32Array, model.parameters.get(name)!.data)
    return [changed('head.weight') > 0, changed('head_dist.weight') > 0]
  }
  assert.deepEqual(await gradientsOf(0), [true, false])
  assert.deepEqual(await gradientsOf(1), [false, true])
})
