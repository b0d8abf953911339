import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import { relativeError } from '../testing/finite-differences.js'
import { runGraph } from '../testing/run-graph.js'
import { fixture } from '../testing/ten-steps.js'
import { cutBox, drawMix, mixInputs, mixPixels, mixTargets } from './mixing.js'

const shape = [4, 1, 6, 5]
const flipped = [3, 2, 1, 0]
const lambda = 0.6

/** Pixels and targets, mixed by a graph. */
async function mix(mask: Float32Array, share: number) {
  const graph = new Graph()
  const pixels = graph.input('pixels', 'float32', shape)
  const labels = graph.input('labels', 'int64', [4])
  const inputs = mixInputs(graph, pixels)
  graph.output('mixed', mixPixels(pixels, inputs))
  graph.output('targets', mixTargets(labels, 3, inputs))
  const { mixed, targets } = await runGraph(graph, {
    pixels: tensor(
      'float32',
      Array.from({ length: 120 }, (_, i) => i),
      shape,
    ),
    labels: tensor('int64', [0, 2, 1, 1]),
    mix_mask: { dtype: 'float32', shape: [1, 1, 6, 5], data: mask },
    mix_permutation: tensor('int64', flipped),
    mix_lambda: tensor('float32', [share], []),
  })
  return { pixels: mixed!.data as Float32Array, targets: targets!.data as Float32Array }
}

// By tools/make-optimizer-fixture.py, with λ = 0.6 and the centre of the box given.
test('mixup equals that of timm.data.Mixup', async () => {
  const { pixels, targets } = await mix(new Float32Array(30).fill(lambda), lambda)
  assert.ok(relativeError(pixels, fixture.mixes.mixup.pixels) < 1e-6)
  assert.ok(relativeError(targets, fixture.mixes.mixup.targets) < 1e-6)
})

test('CutMix equals that of timm.data.Mixup', async () => {
  const [top, bottom, left, right] = cutBox(lambda, [4, 1], [6, 5])
  const inside = (i: number) => Math.floor(i / 5) >= top && Math.floor(i / 5) < bottom && i % 5 >= left && i % 5 < right
  const mask = Float32Array.from({ length: 30 }, (_, i) => (inside(i) ? 0 : 1))
  const share = 1 - ((bottom - top) * (right - left)) / 30
  const { pixels, targets } = await mix(mask, share)
  assert.deepEqual([...pixels], fixture.mixes.cutmix.pixels)
  assert.ok(relativeError(targets, fixture.mixes.cutmix.targets) < 1e-6)
})

const draws = (options: Parameters<typeof drawMix>[1]) =>
  Array.from({ length: 400 }, (_, i) => {
    const { mix_mask, mix_permutation, mix_lambda } = drawMix(new Random(1, 'mix', i), options, shape)
    assert.deepEqual([...mix_permutation.data].map(Number), flipped)
    const mask = [...(mix_mask.data as Float32Array)]
    const share = Number(mix_lambda.data[0])
    const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length
    assert.ok(Math.abs(mean - share) < 1e-6, 'λ is the mean of the mask')
    const cuts = mask.every((value) => value === 0 || value === 1)
    return { share, kind: share === 1 ? 'none' : cuts ? 'cutmix' : 'mixup' }
  })
const count = (list: ReturnType<typeof draws>, kind: string) => list.filter((draw) => draw.kind === kind).length

test('draws follow their options', () => {
  assert.equal(count(draws({ mixup: 0.8 }), 'mixup'), 400)
  assert.equal(count(draws({}), 'none'), 400)
  assert.ok(count(draws({ cutmix: 1 }), 'mixup') === 0)
  const both = draws({ mixup: 0.8, cutmix: 1 })
  assert.ok(Math.abs(count(both, 'mixup') - 200) < 40, `${count(both, 'mixup')} of 400 are mixup`)
  const half = draws({ mixup: 0.8, probability: 0.5 })
  assert.ok(Math.abs(count(half, 'none') - 200) < 40, `${count(half, 'none')} of 400 are not mixed`)
})

test('λ of mixup has the moments of Beta(0.8, 0.8)', () => {
  const shares = draws({ mixup: 0.8 }).map(({ share }) => share)
  const mean = shares.reduce((sum, share) => sum + share, 0) / 400
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / 400
  assert.ok(Math.abs(mean - 0.5) < 0.05, `mean ${mean}`)
  // α²/((2α)²(2α + 1)) with α = 0.8
  assert.ok(Math.abs(variance - 0.25 / 2.6) < 0.015, `variance ${variance}`)
})
