import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT } from '../nn/index.js'
import { Graph, ops } from '../onnx/index.js'
import { crossEntropy } from './loss.js'
import { sgd } from './optimizers.js'
import { warmupCosine } from './schedule.js'
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

test('the learning rate rises, then falls along half a cosine', () => {
  const rate = warmupCosine({ learningRate: 2, totalSteps: 14, warmupSteps: 4, finalShare: 0.1 })
  assert.deepEqual([0, 1, 2, 3].map(rate), [0.5, 1, 1.5, 2])
  assert.equal(rate(4), 2)
  assert.ok(Math.abs(rate(9) - 1.1) < 1e-12, 'half-way between 2 and 0.2')
  assert.ok(Math.abs(rate(14) - 0.2) < 1e-12)
  assert.ok(Math.abs(rate(99) - 0.2) < 1e-12, 'it stays at its end')
})
