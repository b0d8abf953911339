import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { InferenceSession } from 'onnxruntime-node'
import { ViT, type ViTConfig } from '../nn/index.js'
import { decodeModel, encodeModel, Graph, ops, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import { temporaryFolder } from '../testing/command-line.js'
import { relativeError } from '../testing/finite-differences.js'
import { openStep } from '../testing/ten-steps.js'
import { learning } from './freeze.js'
import { addLora, loraLearns } from './lora.js'
import { crossEntropy } from './losses/index.js'
import { estimateMemory } from './memory-estimate.js'
import { adamw } from './optimizers/index.js'
import { compileGradientStep } from './split-step.js'
import { compileTrainStep, type GradientOptions } from './train-step.js'

const config = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 3, numHeads: 2, numClasses: 3 }
const random = new Random('checkpointing')
const pixels = Array.from({ length: 4 * 3 * 16 * 16 }, () => random.normal())
const loss = crossEntropy({ labelSmoothing: 0.1 })

/** A small ViT with values that random drawing leaves at zero. */
function smallViT(options: Partial<ViTConfig> = {}, loraRank?: number): ViT {
  const vit = new ViT({ ...config, ...options }, 1)
  if (loraRank) addLora(vit, { rank: loraRank })
  for (const { data } of vit.parameters.values()) for (const i of data.keys()) data[i]! += 0.02 * random.normal()
  return vit
}

/** Loss and gradients of four pictures. */
async function gradientsOf(vit: ViT, options: Partial<GradientOptions>) {
  const { accumulate = 1 } = options
  const batch = 4 / accumulate
  const step = compileGradientStep(vit.build(new Graph({ training: true }), batch), { loss, batch, ...options })
  const session = await openStep(step)
  const results = await session.run({
    ...Object.fromEntries(step.parameters.map(({ input, initial }) => [input, initial])),
    pixel_values: tensor('float32', pixels, [4, 3, 16, 16]),
    labels: tensor('int64', [0, 1, 2, 0]),
    ...(step.graph.inputs.some(({ name }) => name === 'seed') && { seed: tensor('int64', [7], []) }),
  })
  const state = await session.readState()
  await session.close()
  return { loss: Number(results.loss!.data[0]), state, repeated: repeatedProducts(step.graph) }
}

const repeatedProducts = ({ nodes }: Graph) =>
  nodes.filter(({ name, op }) => name.startsWith('/again/') && op === 'Gemm').map(({ name }) => name)

const cases: Record<string, { model?: Partial<ViTConfig>; options?: Partial<GradientOptions>; loraRank?: number }> = {
  'of a plain model': {},
  'with random masks': { model: { dropPath: 0.4, dropout: 0.2, attentionDropout: 0.2 } },
  'of two accumulated batches with random masks': {
    model: { dropPath: 0.4, dropout: 0.2 },
    options: { accumulate: 2 },
  },
  'with layer scale and attention pooling': { model: { initValues: 0.1, pooling: 'map', classToken: false } },
  'with two heads': { model: { distillation: true } },
  'with SwiGLU': { model: { mlp: 'swiglu' } },
  'of LoRA': { options: { trainable: loraLearns }, loraRank: 2 },
  'of the last two layers': { options: { trainable: learning(new ViT(config), { unfreezeLast: 2 }) } },
}

for (const [name, { model, options, loraRank }] of Object.entries(cases))
  test(`gradients ${name} are the same with checkpointing`, async () => {
    const vit = smallViT(model, loraRank)
    const plain = await gradientsOf(vit, { ...options })
    const checkpointed = await gradientsOf(vit, { ...options, checkpointing: true })
    assert.equal(plain.repeated.length, 0)
    assert.ok(checkpointed.repeated.length > 0)
    // The runtime fuses other operators where fewer results are needed, and rounds otherwise then.
    assert.ok(Math.abs(checkpointed.loss - plain.loss) < 1e-6 * plain.loss)
    assert.deepEqual(Object.keys(checkpointed.state), Object.keys(plain.state))
    for (const [key, { data }] of Object.entries(plain.state)) {
      const error = relativeError(checkpointed.state[key]!.data as Float32Array, data as Float32Array)
      // Those of the keys' bias are zero but for rounding.
      assert.ok(error < (key.includes('qkv.bias') ? 1e-5 : 3e-6), `${key}: relative error ${error}`)
    }
  })

const compile = (options: Partial<ViTConfig>, checkpointing: boolean, batch = 2) =>
  compileTrainStep(new ViT({ ...config, ...options }).build(new Graph({ training: true }), batch), {
    loss,
    optimizer: adamw(),
    batch,
    checkpointing,
  })

test('no more is computed again than gradients need, and the last MLP is at hand', () => {
  // What attention's projection and the MLP's second product give, no gradient needs; the last MLP is not done again.
  assert.deepEqual(repeatedProducts(compile({}, true).graph).sort(), [
    '/again/encoder/layers.0/attn/qkv/Gemm',
    '/again/encoder/layers.0/mlp/fc1/Gemm',
    '/again/encoder/layers.1/attn/qkv/Gemm',
    '/again/encoder/layers.1/mlp/fc1/Gemm',
    '/again/encoder/layers.2/attn/qkv/Gemm',
  ])
})

test("the runtime's optimizer leaves what is computed again", async () => {
  const { graph } = compile({ dropPath: 0.2 }, true)
  const file = `${await temporaryFolder('checkpointing')}/optimized.onnx`
  const session = await InferenceSession.create(encodeModel(graph), {
    graphOptimizationLevel: 'all',
    optimizedModelFilePath: file,
    logSeverityLevel: 3,
  })
  await session.release()
  const products = ({ nodes }: Graph) => nodes.filter(({ op }) => /Gemm$/.test(op)).length
  assert.equal(products(decodeModel(await readFile(file))), products(graph))
})

test('activations take less than half, which the estimate knows', () => {
  const deep = { depth: 12, embedDim: 64, imageSize: 64 }
  const [plain, checkpointed] = [false, true].map((on) => estimateMemory(compile(deep, on, 8)).activations)
  assert.ok(checkpointed! < plain! / 3, `${checkpointed} of ${plain}`)
})

test('a graph without residual connections stays as it is', () => {
  const chain = (checkpointing: boolean) => {
    const source = new Graph({ training: true })
    const weight = (name: string) => source.initializer(name, 'float32', [4, 4], new Float32Array(16))
    const x = source.input('x', 'float32', [2, 4])
    source.output('logits', ops.gemm(ops.relu(ops.gemm(x, weight('a'))), weight('b')))
    return compileGradientStep(source, { loss, batch: 2, checkpointing }).graph.nodes.map(({ op }) => op)
  }
  assert.deepEqual(chain(true), chain(false))
})
