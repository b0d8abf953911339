import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preset, ViT } from '../nn/index.js'
import { formatSummary, type LayerSummary, type Summary, summarize } from './index.js'

const tiny = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 3, numHeads: 3, numClasses: 5 }

/** The layer at a dotted path, such as `encoder/layers.1/attn`. */
function layerAt({ model }: Summary, path: string): LayerSummary {
  return path.split('/').reduce((layer, name) => {
    const inner = layer.layers.find((candidate) => candidate.name === name)
    assert.ok(inner, `${name} of ${path}`)
    return inner
  }, model)
}

function everyLayer(layer: LayerSummary): LayerSummary[] {
  return [layer, ...layer.layers.flatMap(everyLayer)]
}

test('the published sizes have the published numbers of parameters', () => {
  const published = {
    vit_tiny_patch16_224: 5717416,
    vit_small_patch16_224: 22050664,
    vit_base_patch16_224: 86567656,
    vit_base_patch32_224: 88224232,
    vit_large_patch16_224: 304326632,
    vit_large_patch32_224: 306535400,
    vit_huge_patch14_224: 632045800,
  }
  const counted = Object.keys(published).map((name) => [name, summarize(new ViT(preset(name)!)).model.parameters])
  assert.deepEqual(Object.fromEntries(counted), published)
  assert.equal(summarize(new ViT({ imageSize: 384 })).model.parameters, 86859496)
})

test('ViT-B/16 at 224 pixels needs 17.56 GMACs', () => {
  const summary = summarize(new ViT(preset('vit_base_patch16_224')!))
  assert.equal((summary.model.macs / 1e9).toFixed(2), '17.56')
  // By hand: patches, then in every layer qkv, QKᵀ and AV, proj and the MLP, at last the head.
  const [tokens, dim] = [197, 768]
  const attention = tokens * dim * 3 * dim + 2 * tokens * tokens * dim + tokens * dim * dim
  const layer = attention + 2 * tokens * dim * 4 * dim
  assert.equal(layerAt(summary, 'encoder/layers.7/attn').macs, attention)
  assert.equal(layerAt(summary, 'encoder/layers.7').macs, layer)
  assert.equal(summary.model.macs, 196 * dim * dim + 12 * layer + dim * 1000)
})

test('a huge model is summed up without drawing a single weight', () => {
  const model = new ViT(preset('vit_huge_patch14_224')!)
  for (const parameter of model.parameters.values())
    Object.defineProperty(parameter, 'data', { get: () => assert.fail(`${parameter.name} was drawn`) })
  assert.equal(summarize(model).weightBytes, 4 * 632045800)
})

test('layers are listed in the order of the model, with class and output shape', () => {
  const summary = summarize(new ViT(tiny))
  assert.deepEqual(
    everyLayer(summary.model)
      .filter(({ name }) => !/^layers\.[12]$/.test(name))
      .slice(0, 8)
      .map(({ name, className, outputShape }) => [name, className, outputShape]),
    [
      ['', 'ViT', ['batch', 5]],
      ['patchEmbedding', 'PatchEmbedding', ['batch', 17, 24]],
      ['projection', 'PatchProjection', ['batch', 24, 4, 4]],
      ['dropout', 'Dropout', ['batch', 17, 24]],
      ['encoder', 'Encoder', ['batch', 17, 24]],
      ['layers.0', 'EncoderLayer', ['batch', 17, 24]],
      ['norm1', 'LayerNorm', ['batch', 17, 24]],
      ['attn', 'Attention', ['batch', 17, 24]],
    ],
  )
  assert.deepEqual(layerAt(summary, 'encoder/layers.2/attn/qkv').outputShape, ['batch', 17, 72])
  assert.deepEqual(layerAt(summary, 'encoder/layers.0/mlp/act').outputShape, ['batch', 17, 96])
  assert.deepEqual(layerAt(summary, 'patchEmbedding').ownParameters, [
    { name: 'classToken', shape: [1, 1, 24] },
    { name: 'positionEmbedding', shape: [1, 17, 24] },
  ])
  assert.deepEqual(summary.inputShape, ['batch', 3, 32, 32])
})

test('a layer counts what is inside it and what is its own', () => {
  const { model } = summarize(new ViT(tiny))
  for (const layer of everyLayer(model)) {
    const own = layer.ownParameters.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b), 0)
    const inside = (key: 'parameters' | 'macs' | 'activationBytes') =>
      layer.layers.reduce((sum, inner) => sum + inner[key], 0)
    assert.equal(layer.parameters, own + inside('parameters'), layer.name)
    assert.ok(layer.macs >= inside('macs'), layer.name)
    assert.ok(layer.activationBytes >= inside('activationBytes'), layer.name)
  }
})

test('activation memory is that of all computed values, without views and shape arithmetic', () => {
  const summary = summarize(new ViT(tiny))
  const [patches, tokens, dim, heads] = [16, 17, 24, 3]
  const row = tokens * dim
  // Convolution, its transposition, the class token a sample, tokens, their sum with the positions.
  const embedding = 2 * patches * dim + dim + 2 * row
  // qkv and its three parts; q, scaled q, k and v by head; scores and their softmax; context, transposed and projected.
  const attention = 6 * row + 4 * row + 2 * heads * tokens * tokens + 3 * row
  const mlp = 2 * 4 * row + row
  assert.equal(layerAt(summary, 'patchEmbedding').activationBytes, 4 * embedding)
  assert.equal(layerAt(summary, 'encoder/layers.1/attn').activationBytes, 4 * attention)
  assert.equal(layerAt(summary, 'encoder/layers.1/mlp').activationBytes, 4 * mlp)
  // Two norms and two residual sums a layer, the last norm, the class token's row and the logits.
  const total = embedding + 3 * (attention + mlp + 4 * row) + row + dim + 5
  assert.equal(summary.model.activationBytes, 4 * total)
})

test('both heads and the representation layer are listed', () => {
  const mlpHead = summarize(new ViT({ ...tiny, head: 'mlp' }))
  assert.deepEqual(
    layerAt(mlpHead, 'head').layers.map(({ name, className }) => `${name} ${className}`),
    ['fc1 Linear', 'act Relu', 'dropout1 Dropout', 'fc2 Linear', 'dropout2 Dropout'],
  )
  assert.equal(layerAt(mlpHead, 'head').macs, 24 * 24 + 24 * 5)
  const pretrained = summarize(new ViT({ ...tiny, representationSize: 16 }))
  assert.deepEqual(layerAt(pretrained, 'preLogits').outputShape, ['batch', 16])
  assert.equal(layerAt(pretrained, 'preLogits').parameters, 24 * 16 + 16)
  assert.equal(layerAt(pretrained, 'head').parameters, 16 * 5 + 5)
})

test('what is frozen does not count as trainable', () => {
  const trainable = (name: string) => name.startsWith('head.')
  assert.equal(summarize(new ViT(tiny), { trainable }).trainableParameters, 24 * 5 + 5)
  assert.equal(summarize(new ViT(tiny)).trainableParameters, new ViT(tiny).parameterCount)
})

test('the table is an aligned tree in which equal layers are folded', () => {
  const text = formatSummary(summarize(new ViT({ ...tiny, dropout: 0.1 }), { trainable: (name) => /^head/.test(name) }))
  assert.equal(
    text,
    `layer                                  output shape        parameters      share       MACs
ViT                                    [batch, 5]              26,909   100.00 %   467.98 k
├─ patchEmbedding (PatchEmbedding)     [batch, 17, 24]          5,064    18.82 %    73.73 k
│  ├─ classToken (Parameter)           [1, 1, 24]                  24     0.09 %
│  ├─ positionEmbedding (Parameter)    [1, 17, 24]                408     1.52 %
│  └─ projection (PatchProjection)     [batch, 24, 4, 4]        4,632    17.21 %    73.73 k
├─ encoder (Encoder)                   [batch, 17, 24]         21,720    80.72 %   394.13 k
│  ├─ layers.0 (EncoderLayer)          [batch, 17, 24]          7,224    26.85 %   131.38 k
│  │  ├─ norm1 (LayerNorm)             [batch, 17, 24]             48     0.18 %
│  │  ├─ attn (Attention)              [batch, 17, 24]          2,400     8.92 %    53.04 k
│  │  │  ├─ qkv (Linear)               [batch, 17, 72]          1,800     6.69 %    29.38 k
│  │  │  └─ proj (Linear)              [batch, 17, 24]            600     2.23 %     9.79 k
│  │  ├─ norm2 (LayerNorm)             [batch, 17, 24]             48     0.18 %
│  │  └─ mlp (Mlp)                     [batch, 17, 24]          4,728    17.57 %    78.34 k
│  │     ├─ fc1 (Linear)               [batch, 17, 96]          2,400     8.92 %    39.17 k
│  │     ├─ act (Gelu)                 [batch, 17, 96]
│  │     └─ fc2 (Linear)               [batch, 17, 24]          2,328     8.65 %    39.17 k
│  ├─ layers.1 – layers.2 (2 × same)   [batch, 17, 24]         14,448    53.69 %   262.75 k
│  └─ norm (LayerNorm)                 [batch, 17, 24]             48     0.18 %
└─ head (Linear)                       [batch, 5]                 125     0.46 %        120

input          [batch, 3, 32, 32]
parameters     26,909, of which 125 trainable
MACs           467.98 k for one image, matrix products and convolutions only
weights        0.10 MB
activations    0.15 MB for one image, if all are kept, as for training
`,
  )
})
