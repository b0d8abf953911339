import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import { relativeError } from '../testing/finite-differences.js'
import { runGraph } from '../testing/run-graph.js'
import { fixture } from '../testing/ten-steps.js'
import { drawMixInputs, mixInputs, mixPixels, mixTargets } from './mixing.js'

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
  // The box around row 4 and column 1 with the share 1 - λ, cut off at the picture's edges.
  const box = { top: 3, left: 0, height: 3, width: 3 }
  const inside = (i: number) =>
    Math.floor(i / 5) >= box.top &&
    Math.floor(i / 5) < box.top + box.height &&
    i % 5 >= box.left &&
    i % 5 < box.left + box.width
  const mask = Float32Array.from({ length: 30 }, (_, i) => (inside(i) ? 0 : 1))
  const share = 1 - (box.height * box.width) / 30
  const { pixels, targets } = await mix(mask, share)
  assert.deepEqual([...pixels], fixture.mixes.cutmix.pixels)
  assert.ok(relativeError(targets, fixture.mixes.cutmix.targets) < 1e-6)
})

test('what is drawn for a batch fits together', () => {
  const options = { mixup: 0.8, cutmix: 1, probability: 0.8, switchProbability: 0.5 }
  const kinds = Array.from({ length: 200 }, (_, i) => {
    const { mix_mask, mix_permutation, mix_lambda } = drawMixInputs(new Random(1, 'mix', i), options, shape)
    assert.deepEqual([...mix_permutation.data].map(Number), flipped)
    const mask = [...(mix_mask.data as Float32Array)]
    const mean = mask.reduce((sum, value) => sum + value, 0) / mask.length
    assert.ok(Math.abs(mean - Number(mix_lambda.data[0])) < 1e-6, 'λ is the mean of the mask')
    return mean === 1 ? 'none' : mask.every((value) => value === 0 || value === 1) ? 'cutmix' : 'mixup'
  })
  for (const kind of ['none', 'cutmix', 'mixup']) assert.ok((kinds as string[]).includes(kind), kind)
})
