import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, tensor } from '../onnx/index.js'
import { weightGradients } from '../testing/imported-models.js'
import { ViT, type ViTConfig } from './index.js'

const tiny = { imageSize: 16, patchSize: 8, embedDim: 12, depth: 1, numHeads: 2, mlpRatio: 2, numClasses: 5 }

const families: Record<string, Partial<ViTConfig>> = {
  'DeiT, distilled': { distillation: true },
  'DINOv2, giant, with registers': {
    mlp: 'swiglu',
    activation: 'silu',
    initValues: 0.5,
    regTokens: 2,
    noEmbedClass: true,
    pooling: 'token+avg',
  },
  CLIP: { preNorm: true, activation: 'quickGelu', layerNormEps: 1e-5 },
  SigLIP: { classToken: false, pooling: 'map', activation: 'geluTanh' },
  'mean of patches, normalised behind, queries and keys too': { pooling: 'avg', fcNorm: true, qkNorm: true },
  'in21k with a representation layer': { representationSize: 6 },
}

const pixels = tensor(
  'float32',
  Array.from({ length: 2 * 3 * 16 * 16 }, (_, i) => Math.sin(i * i)),
  [2, 3, 16, 16],
)

/** float32 logits around 1 carry rounding errors of a few 1e-7, which dividing by the step makes 100 times larger. */
const rounding = 1e-4

for (const [name, options] of Object.entries(families))
  test(`${name}: the gradient of every parameter equals central differences`, async () => {
    const graph = new ViT({ ...tiny, ...options }).build(new Graph())
    const pairs = await weightGradients(graph, pixels, name)
    // A bias of the keys changes nothing, as softmax ignores what all scores share.
    const clear = pairs.filter(({ expected }) => Math.abs(expected) > 100 * rounding)
    assert.ok(clear.length >= 0.75 * pairs.length, `${clear.length} of ${pairs.length} gradients are large enough`)
    for (const { element, actual, expected } of pairs) {
      // The curvature along one step of 1e-2 accounts for what is relative.
      const allowed = 2e-2 * Math.max(Math.abs(actual), Math.abs(expected)) + rounding
      assert.ok(Math.abs(actual - expected) < allowed, `${element}: ${actual} is not ${expected}`)
    }
  })
