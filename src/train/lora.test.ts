import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { ViT } from '../nn/index.js'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { runGraph } from '../testing/run-graph.js'
import { addLora, loraLearns, mergeLora } from './lora.js'
import { crossEntropy } from './losses/index.js'
import { sgd } from './optimizers/index.js'
import { sessionState } from './session-state.js'
import { compileTrainStep } from './train-step.js'

// Five steps of PyTorch in float64, by tools/make-lora-fixture.py.
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/lora.json', import.meta.url), 'utf8'))
const { rank, alpha } = fixture
const pixels = (): Tensor => tensor('float32', fixture.pixels, [4, 3, 8, 8])

const small = () =>
  new ViT({ imageSize: 8, patchSize: 4, embedDim: 8, depth: 2, numHeads: 2, numClasses: 3, mlpRatio: 2 })

async function logitsOf(vit: ViT): Promise<Float32Array> {
  return (await runGraph(vit.build(new Graph()), { pixel_values: pixels() })).logits!.data as Float32Array
}

function largestDifference(ours: ArrayLike<number>, expected: ArrayLike<number>): number {
  assert.equal(ours.length, expected.length)
  return Math.max(...Array.from(expected, (value, i) => Math.abs(ours[i]! - value)))
}

test('LoRA learns as in PyTorch, and the merged model is a plain one of the same logits', async () => {
  const vit = small()
  const plain = [...vit.parameters.keys()]
  addLora(vit, { rank, alpha })
  assert.deepEqual([...vit.parameters.keys()].sort(), Object.keys(fixture.weights).sort())
  const weights = Object.entries<{ shape: number[]; data: number[] }>(fixture.weights)
  vit.loadStateDict(new Map(weights.map(([name, { shape, data }]) => [name, tensor('float32', data, shape)])))
  const { graph, state, parameters } = compileTrainStep(vit.build(new Graph({ training: true })), {
    loss: crossEntropy(),
    optimizer: sgd({ momentum: 0 }),
    batch: 4,
    trainable: loraLearns,
  })
  const attention = [0, 1].flatMap((i) => ['qkv', 'proj'].map((name) => `blocks.${i}.attn.${name}.lora`))
  const learning = [...attention.flatMap((name) => [`${name}.a`, `${name}.b`]), 'head.bias', 'head.weight']
  assert.deepEqual([...parameters.keys()].sort(), learning.sort())
  const session = await inlineRuntime.createSession(encodeModel(graph), {
    state: sessionState(state),
  })
  for (const [i, expected] of fixture.losses.entries()) {
    const { loss } = await session.run({
      pixel_values: pixels(),
      labels: tensor('int64', fixture.labels),
      learning_rate: tensor('float32', [fixture.rate], []),
      step: tensor('float32', [i + 1], []),
    })
    assert.ok(Math.abs(Number(loss!.data[0]) / expected - 1) < 1e-5, `loss of step ${i}`)
  }
  vit.loadStateDict(new Map(Object.entries(await session.readState())))
  await session.close()

  const branched = await logitsOf(vit)
  assert.ok(largestDifference(branched, fixture.logits) < 1e-4)
  mergeLora(vit)
  assert.deepEqual([...vit.parameters.keys()], plain)
  assert.ok(largestDifference(await logitsOf(vit), branched) < 1e-5)
})

test('a model with new LoRA computes what it did', async () => {
  const vit = small()
  const before = await logitsOf(vit)
  addLora(vit, { targets: ['proj'], rank: 4 })
  assert.equal(vit.parameters.has('blocks.0.attn.qkv.lora.a'), false)
  assert.ok(vit.parameters.get('blocks.1.attn.proj.lora.a')!.data.some((value) => value !== 0))
  assert.deepEqual(await logitsOf(vit), before)
})

test('LoRA that makes no sense is refused', () => {
  for (const options of [{ rank: 0 }, { rank: 9 }, { rank: 1.5 }, { alpha: 0 }])
    assert.throws(() => addLora(small(), options), UserError)
  const vit = small()
  addLora(vit, { rank: 1 })
  assert.throws(() => addLora(vit, { rank: 1 }), /has LoRA already/)
})
