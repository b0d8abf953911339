import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ViT } from '../nn/index.js'
import { Graph, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Tensors } from '../runtime/session.js'
import { relativeError } from '../testing/finite-differences.js'
import { openStep, scalar } from '../testing/ten-steps.js'
import { crossEntropy } from './losses/index.js'
import { adamw, sgd } from './optimizers/index.js'
import { compileGradientStep, compileUpdateStep } from './split-step.js'
import { compileTrainStep, type TrainStepOptions, type UpdateOptions } from './train-step.js'

const config = { imageSize: 16, patchSize: 8, embedDim: 16, depth: 2, numHeads: 2, numClasses: 3 }
const random = new Random('accumulation')
const pixels = Array.from({ length: 8 * 3 * 16 * 16 }, () => random.normal())
const recipe = { loss: crossEntropy({ labelSmoothing: 0.1 }), optimizer: sgd(), clipNorm: 1 }

/** Two steps of a small ViT with 8 samples each. */
async function twoSteps(
  options: Partial<TrainStepOptions> & { batch: number },
  { model = {}, feeds = {} }: { model?: object; feeds?: Tensors } = {},
) {
  const source = new ViT({ ...config, ...model }, 1).build(new Graph({ training: true }), options.batch)
  const session = await openStep(compileTrainStep(source, { ...recipe, ...options }))
  const results: Tensors[] = []
  for (const step of [1, 2])
    results.push(
      await session.run({
        pixel_values: tensor('float32', pixels, [8, 3, 16, 16]),
        labels: tensor('int64', [0, 1, 2, 0, 0, 2, 1, 1]),
        learning_rate: scalar(0.1),
        step: scalar(step),
        ...feeds,
      }),
    )
  const state = await session.readState()
  await session.close()
  return { results, state }
}

function assertSame(a: Awaited<ReturnType<typeof twoSteps>>, b: typeof a) {
  for (const [i, result] of a.results.entries())
    for (const name of ['loss', 'correct', 'grad_norm']) {
      const [x, y] = [result, b.results[i]!].map((outputs) => Number(outputs[name]!.data[0]))
      assert.ok(Math.abs(x! - y!) <= 1e-5 * Math.abs(y!), `${name} of step ${i}: ${x} and ${y}`)
    }
  for (const [name, { data }] of Object.entries(a.state)) {
    const error = relativeError(data as Float32Array, b.state[name]!.data as Float32Array)
    assert.ok(error < 1e-5, `${name}: relative error ${error}`)
  }
}

test('four accumulated batches of two are one batch of eight', async () => {
  assertSame(await twoSteps({ batch: 2, accumulate: 4 }), await twoSteps({ batch: 8 }))
})

test('mixing reaches over all accumulated batches', async () => {
  const mix = (): Tensors => ({
    mix_mask: tensor('float32', Array(256).fill(0.7), [1, 1, 16, 16]),
    mix_permutation: tensor('int64', [7, 6, 5, 4, 3, 2, 1, 0]),
    mix_lambda: scalar(0.7),
  })
  const small = await twoSteps({ batch: 4, accumulate: 2, mixing: true }, { feeds: mix() })
  assertSame(small, await twoSteps({ batch: 8, mixing: true }, { feeds: mix() }))
  const plain = await twoSteps({ batch: 8 })
  assert.notEqual(small.results[0]!.loss!.data[0], plain.results[0]!.loss!.data[0])
})

test('accumulated batches draw different random numbers', async () => {
  // The same four pictures twice: with the same masks both halves would have the loss of one.
  const twice = {
    pixel_values: tensor('float32', [...pixels.slice(0, 3072), ...pixels.slice(0, 3072)], [8, 3, 16, 16]),
  }
  const labels = { labels: tensor('int64', [0, 1, 2, 0, 0, 1, 2, 0]) }
  const seed = { seed: tensor('int64', [7], []) }
  const model = { dropout: 0.5 }
  const both = await twoSteps({ batch: 4, accumulate: 2 }, { model, feeds: { ...twice, ...labels, ...seed } })
  const half = async (value: number) => {
    const source = new ViT({ ...config, ...model }, 1).build(new Graph({ training: true }), 4)
    const session = await openStep(compileTrainStep(source, { ...recipe, batch: 4 }))
    const { loss } = await session.run({
      pixel_values: tensor('float32', pixels.slice(0, 3072), [4, 3, 16, 16]),
      labels: tensor('int64', [0, 1, 2, 0]),
      learning_rate: scalar(0),
      step: scalar(1),
      seed: tensor('int64', [value], []),
    })
    await session.close()
    return Number(loss!.data[0])
  }
  const [first, second] = [await half(7), await half(8)]
  assert.ok(Math.abs(first - second) > 1e-3)
  assert.ok(Math.abs(Number(both.results[0]!.loss!.data[0]) - (first + second) / 2) < 1e-5)
})

for (const [name, options] of Object.entries<UpdateOptions>({
  'SGD, clipped by norm': { optimizer: sgd(), clipNorm: 0.5 },
  'SGD, clipped by value': { optimizer: sgd(), clipValue: 0.01 },
  'AdamW with averages': { optimizer: adamw(), ema: { decay: 0.9 } },
}))
  test(`gradients of four batches and one update are a step of one batch of eight: ${name}`, async () => {
    const source = (batch: number) => new ViT(config, 1).build(new Graph({ training: true }), batch)
    const labels = [0, 1, 2, 0, 0, 2, 1, 1]
    const scalars = { learning_rate: scalar(0.1), step: scalar(1) }
    const { loss } = recipe
    const whole = await openStep(compileTrainStep(source(8), { ...options, loss, batch: 8 }))
    const one = await whole.run({
      pixel_values: tensor('float32', pixels, [8, 3, 16, 16]),
      labels: tensor('int64', labels),
      ...scalars,
    })
    const expected = await whole.readState()
    await whole.close()

    const half = compileGradientStep(source(2), { loss, batch: 2 })
    const gradients = await openStep(half)
    const parameters = Object.fromEntries(half.parameters.map(({ input, initial }) => [input, initial]))
    const losses: number[] = []
    for (let i = 0; i < 4; i++) {
      const { loss } = await gradients.run({
        ...parameters,
        pixel_values: tensor('float32', pixels.slice(i * 1536, (i + 1) * 1536), [2, 3, 16, 16]),
        labels: tensor('int64', labels.slice(2 * i, 2 * i + 2)),
      })
      losses.push(Number(loss!.data[0]))
    }
    const update = await openStep(compileUpdateStep(half, options))
    const { grad_norm } = await update.run({
      ...(await gradients.readState()),
      ...scalars,
      gradient_scale: scalar(1 / 4),
    })
    const state = await update.readState()
    await Promise.all([gradients.close(), update.close()])

    const mean = losses.reduce((sum, value) => sum + value, 0) / 4
    assert.ok(Math.abs(mean / Number(one.loss!.data[0]) - 1) < 1e-5)
    assert.ok(Math.abs(Number(grad_norm!.data[0]) / Number(one.grad_norm!.data[0]) - 1) < 1e-5)
    assert.deepEqual(Object.keys(state).sort(), Object.keys(expected).sort())
    for (const [name, { data }] of Object.entries(state)) {
      // Adam's first step follows the sign of gradients that are zero but for rounding: those of the keys' bias.
      if (options.ema && name.includes('qkv.bias')) continue
      const error = relativeError(data as Float32Array, expected[name]!.data as Float32Array)
      assert.ok(error < 1e-5, `${name}: relative error ${error}`)
    }
  })
