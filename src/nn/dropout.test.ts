import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { runGraph } from '../testing/run-graph.js'
import { crossEntropy } from '../train/losses/index.js'
import { sgd } from '../train/optimizers/index.js'
import { sessionState } from '../train/session-state.js'
import { compileTrainStep } from '../train/train-step.js'
import { Dropout, DropPath, ViT, type ViTConfig } from './index.js'
import { randomMask } from './random-mask.js'

const small = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 3, numHeads: 3, numClasses: 5 }
const seedOf = (value: number) => ({ seed: tensor('int64', [value], []) })
const floats = (value: Tensor | undefined) => value!.data as Float32Array

/** The masks of `sites` places in one graph, each of `count` elements, as 1 where an element is dropped. */
async function dropped(rate: number, count: number, sites: number, seed: number): Promise<number[][]> {
  const graph = new Graph({ training: true })
  for (let i = 0; i < sites; i++) graph.output(`mask${i}`, randomMask(graph, [count], rate))
  const masks = await runGraph(graph, seedOf(seed))
  return Object.values(masks).map((mask) => Array.from(floats(mask), (value) => (value === 0 ? 1 : 0)))
}

/** How many standard errors the correlation of two masks is away from none. */
function correlation(a: readonly number[], b: readonly number[], rate: number): number {
  const covariance = a.reduce((sum, value, i) => sum + (value - rate) * (b[i]! - rate), 0) / a.length
  return (Math.abs(covariance) / (rate * (1 - rate))) * Math.sqrt(a.length)
}

// The masks are computed from fixed seeds, so these statistics are the same in every run. Of hundreds of independent
// draws, the largest deviation is 3 to 4 standard errors.
const limit = 4.5
const count = 50_000

for (const rate of [0.1, 0.5])
  test(`masks of rate ${rate} have that share of zeros, and are independent of place, neighbours and seed`, async () => {
    let previous: number[][] | undefined
    for (const seed of [0, 1, 2, 1_000_000_007]) {
      const masks = await dropped(rate, count, 4, seed)
      for (const [i, mask] of masks.entries()) {
        const zeros = mask.reduce((a, b) => a + b, 0)
        const deviation = Math.abs(zeros - count * rate) / Math.sqrt(count * rate * (1 - rate))
        assert.ok(deviation < limit, `share of zeros ${zeros / count}`)
        // Neighbours in a row of tokens, heads and features of the usual sizes.
        for (const lag of [1, 2, 3, 64, 192, 197, 768, 3072])
          assert.ok(correlation(mask.slice(lag), mask.slice(0, -lag), rate) < limit, `lag ${lag}`)
        for (const other of masks.slice(0, i)) assert.ok(correlation(mask, other, rate) < limit, 'between two places')
        if (previous) assert.ok(correlation(mask, previous[i]!, rate) < limit, 'between two seeds')
      }
      previous = masks
    }
  })

test('patterns of four neighbours are equally frequent (χ²)', async () => {
  const [mask] = await dropped(0.5, 64_000, 1, 5)
  const frequencies = Array<number>(16).fill(0)
  for (let i = 0; i < mask!.length; i += 4) frequencies[Number.parseInt(mask!.slice(i, i + 4).join(''), 2)]!++
  const expected = mask!.length / 4 / 16
  const chiSquare = frequencies.reduce((sum, frequency) => sum + (frequency - expected) ** 2 / expected, 0)
  assert.ok(chiSquare < 37.7, `χ² with 15 degrees of freedom is ${chiSquare}; above 37.7 it would be 1 in 1,000`)
})

test('the same seed gives the same mask, and every other seed another', async () => {
  const masks = await Promise.all([7, 7, 8, -7].map(async (seed) => (await dropped(0.5, 100, 1, seed))[0]!.join('')))
  assert.equal(masks[0], masks[1])
  assert.equal(new Set(masks).size, 3)
})

async function apply(layer: Dropout | DropPath, shape: number[], seed: number): Promise<Float32Array> {
  const graph = new Graph({ training: true })
  graph.output('y', layer.forward(graph.input('x', 'float32', shape)))
  const ones = tensor('float32', Array(shape.reduce((a, b) => a * b, 1)).fill(1), shape)
  return floats((await runGraph(graph, { x: ones, ...seedOf(seed) })).y)
}

test('dropout zeroes elements and scales the others up, so that the mean stays', async () => {
  const y = await apply(new Dropout(0.25), [8, 50, 50], 1)
  assert.deepEqual([...new Set(y)].sort(), [0, Math.fround(4 / 3)])
  const mean = y.reduce((a, b) => a + b, 0) / y.length
  // Each element has the variance rate/(1 - rate).
  assert.ok(Math.abs(mean - 1) < limit * Math.sqrt(0.25 / 0.75 / y.length), `mean ${mean}`)
})

test('drop path drops whole samples', async () => {
  const y = await apply(new DropPath(0.5), [400, 3, 5], 1)
  const samples = Array.from({ length: 400 }, (_, i) => [...new Set(y.subarray(15 * i, 15 * i + 15))])
  assert.ok(samples.every((values) => values.length === 1))
  const kept = samples.filter(([value]) => value === 2).length
  assert.equal(kept + samples.filter(([value]) => value === 0).length, 400)
  assert.ok(Math.abs(kept - 200) < limit * Math.sqrt(400 * 0.25), `${kept} of 400 kept`)
})

test('the rate of drop path rises linearly from none in the first layer', () => {
  const rates = new ViT({ ...small, depth: 5, dropPath: 0.2 }).encoder.layers.map((layer) => {
    assert.equal(layer.dropPath1.rate, layer.dropPath2.rate)
    return layer.dropPath1.rate
  })
  for (const [i, rate] of rates.entries()) assert.ok(Math.abs(rate - 0.05 * i) < 1e-12, `layer ${i}: ${rate}`)
  assert.equal(new ViT({ ...small, depth: 1, dropPath: 0.2 }).encoder.layers[0]!.dropPath1.rate, 0)
})

const everything = { dropout: 0.1, attentionDropout: 0.1, dropPath: 0.1 }

test('graphs for inference have neither masks nor a seed', () => {
  const ops = (options: Partial<ViTConfig>) =>
    new ViT({ ...small, ...options }).build(new Graph()).nodes.map(({ op }) => op)
  assert.deepEqual(ops({ ...everything, head: 'mlp' }), ops({ head: 'mlp' }))
  assert.deepEqual(new ViT({ ...small, ...everything }).build(new Graph()).inputs.length, 1)
})

test('each option drops where it should', () => {
  const places = (options: Partial<ViTConfig>) => {
    const graph = new ViT({ ...small, ...options }).build(new Graph({ training: true }), 2)
    return graph.nodes.flatMap(({ op, name }) => (op === 'Less' ? [name.replace('/mask/Less', '').slice(1)] : []))
  }
  const inLayers = (names: string[]) => [0, 1, 2].flatMap((i) => names.map((name) => `encoder/layers.${i}/${name}`))
  assert.deepEqual(places({}), [])
  assert.deepEqual(places({ dropout: 0.1 }), [
    'patchEmbedding/dropout',
    ...inLayers(['attn/dropout', 'mlp/dropout1', 'mlp/dropout2']),
  ])
  assert.deepEqual(places({ attentionDropout: 0.1 }), inLayers(['attn/attentionDropout']))
  assert.deepEqual(places({ dropPath: 0.1 }), inLayers(['dropPath1', 'dropPath2']).slice(2))
  assert.deepEqual(places({ dropout: 0.1, head: 'mlp' }).slice(-2), ['head/dropout1', 'head/dropout2'])
})

for (const head of ['linear', 'mlp'] as const)
  test(`a training step with every kind of dropout runs, driven by its seed: ${head} head`, async () => {
    const source = new ViT({ ...small, ...everything, head }).build(new Graph({ training: true }), 4)
    const options = { loss: crossEntropy(), optimizer: sgd(), batch: 4 }
    const { graph, state } = compileTrainStep(source, options)
    const session = await inlineRuntime.createSession(encodeModel(graph), {
      state: sessionState(state),
    })
    const pixels = Array.from({ length: 4 * 3 * 32 * 32 }, (_, i) => Math.sin(0.01 * i))
    const lossAt = async (seed: number) => {
      const { loss, grad_norm } = await session.run({
        pixel_values: tensor('float32', pixels, [4, 3, 32, 32]),
        labels: tensor('int64', [0, 1, 2, 3]),
        learning_rate: tensor('float32', [0], []),
        step: tensor('float32', [1], []),
        ...seedOf(seed),
      })
      assert.ok(Number(grad_norm!.data[0]) > 0)
      return Number(loss!.data[0])
    }
    // At learning rate 0 nothing changes but the masks.
    const losses = [await lossAt(1), await lossAt(1), await lossAt(2)]
    assert.ok(losses.every(Number.isFinite))
    assert.equal(losses[0], losses[1])
    assert.notEqual(losses[0], losses[2])
    await session.close()
  })

test('a mask needs a fixed shape', () => {
  assert.throws(
    () => new ViT({ ...small, dropout: 0.1 }).build(new Graph({ training: true })),
    /a fixed shape is needed, but \[batch, 17, 24\] has the symbol batch/,
  )
})
