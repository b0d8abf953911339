import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { preset, ViT, type ViTConfig } from '../../nn/index.js'
import { Graph } from '../../onnx/index.js'
import { importedModels, readImported, skipImported } from '../../testing/imported-models.js'
import { loadExports, readExport } from '../../testing/onnx-exports.js'
import { assertPartTree } from '../../testing/part-tree.js'
import { readModel } from '../index.js'
import type { Part, PartKind } from '../part.js'
import { countParts, everyPart } from './counts.js'
import { findParts } from './find-parts.js'

const small = { imageSize: 32, patchSize: 8, embedDim: 24, depth: 2, numHeads: 3, numClasses: 7 }

/** A model of every family that presets name, and of what their options leave out. */
const configs: Record<string, Partial<ViTConfig>> = {
  vit: { ...preset('vit_base_patch16_224'), ...small },
  distilled: { ...preset('deit_base_distilled_patch16_224'), ...small },
  deit3: { ...preset('deit3_base_patch16_224'), ...small },
  dinov2: { ...preset('vit_base_patch14_dinov2'), ...small },
  'dinov2 with registers': { ...preset('vit_base_patch14_reg4_dinov2'), ...small },
  'dinov2 giant': { ...preset('vit_giant_patch14_dinov2'), ...small, mlpRatio: 4 },
  clip: { ...preset('vit_base_patch16_clip_224'), ...small },
  'clip with QuickGELU': { ...preset('vit_base_patch16_clip_quickgelu_224'), ...small },
  siglip: { ...preset('vit_base_patch16_siglip_224'), ...small },
  'q and k norms': { ...small, qkNorm: true, qkvBias: false },
  'tanh GELU, mean': { ...small, activation: 'geluTanh', pooling: 'avg', fcNorm: true },
  'class token and mean': { ...small, pooling: 'token+avg' },
  'MLP head': { ...small, head: 'mlp' },
  'pre-logits': { ...small, representationSize: 12 },
  'no head': { ...small, numClasses: 0 },
}

/** How often each kind occurs in the model of a config. */
function expectedCounts(config: Partial<ViTConfig>): Partial<Record<PartKind, number>> {
  const { depth = 0, pooling = 'token', numClasses = 1000 } = config
  const isMap = pooling === 'map'
  const mlps = depth + Number(isMap)
  const isSwiGlu = config.mlp === 'swiglu'
  const norms = 2 * depth + 1 + Number(isMap) + Number(config.preNorm ?? false) + (config.qkNorm ? 2 * depth : 0)
  return {
    patchEmbedding: 1,
    positionEmbedding: 1,
    classToken: config.classToken === false ? 0 : 1,
    distillationToken: Number(config.distillation ?? false),
    registerTokens: Number((config.regTokens ?? 0) > 0),
    encoderLayer: depth,
    attention: depth + Number(isMap),
    scaledDotProduct: depth + Number(isMap),
    mlp: isSwiGlu ? 0 : mlps,
    swiGlu: isSwiGlu ? mlps : 0,
    gelu: isSwiGlu || config.activation === 'silu' ? 0 : mlps,
    silu: isSwiGlu ? mlps : 0,
    layerScale: config.initValues ? 2 * depth : 0,
    layerNorm: norms,
    residual: 2 * depth + Number(isMap),
    pooling: config.distillation || pooling === 'token+avg' ? (pooling === 'token+avg' ? 3 : 2) : 1,
    head: numClasses === 0 ? 0 : config.distillation ? 2 : 1,
  }
}

function assertCounts(stages: readonly Part[], expected: Partial<Record<PartKind, number>>) {
  const counts = countParts(stages)
  const found = Object.fromEntries(Object.keys(expected).map((kind) => [kind, counts[kind as PartKind]]))
  assert.deepEqual(found, expected)
}

for (const [name, config] of Object.entries(configs))
  for (const opset of [13, 17, 20])
    test(`our own ${name} at opset ${opset}`, () => {
      const graph = new ViT(config).build(new Graph({ opset }))
      const stages = findParts(graph)
      assertPartTree(graph, stages)
      assert.deepEqual(
        stages.map(({ kind }) => kind),
        ['preprocessing', 'encoder', 'postprocessing'],
      )
      assertCounts(stages, expectedCounts(config))
      const others = [...everyPart(stages)]
        .filter(({ kind }) => kind === 'other')
        .map(({ details }) => details.function)
      assert.deepEqual(others, config.distillation ? ['mean of two heads'] : [])
      const [attention] = [...everyPart(stages)].filter(({ kind }) => kind === 'attention')
      const { dim, heads, headDim, scale } = attention!.details
      assert.deepEqual({ dim, heads, headDim }, { dim: 24, heads: 3, headDim: 8 })
      assert.ok(Math.abs(Number(scale) - 8 ** -0.5) < 1e-6)
    })

test('parts have the names that timm gives them', () => {
  const names = [...everyPart(findParts(new ViT(configs.dinov2).build(new Graph())))].map(({ name }) => name)
  for (const name of ['patch_embed', 'cls_token', 'pos_embed', 'norm', 'pool', 'blocks.1'])
    assert.ok(names.includes(name), name)
  const inBlock = [
    'norm1',
    'attn',
    'attn.qkv',
    'attn.proj',
    'ls1',
    'norm2',
    'mlp',
    'mlp.fc1',
    'mlp.act',
    'mlp.fc2',
    'ls2',
  ]
  for (const name of inBlock) assert.ok(names.includes(`blocks.0.${name}`), name)
})

for (const name of importedModels)
  test(`${name}: its parts`, { skip: skipImported }, () => {
    const graph = readImported(name)
    const stages = findParts(graph)
    assertPartTree(graph, stages)
    const depth = Number(/_l(\d)/.exec(name)![1])
    assertCounts(stages, {
      patchEmbedding: 1,
      classToken: 1,
      positionEmbedding: 1,
      encoderLayer: depth,
      attention: depth,
      gelu: depth,
      layerNorm: 2 * depth + 1,
      linear: 4 * depth + (name.includes('prelogits') ? 2 : 1),
      pooling: 1,
      head: 1,
      other: 0,
    })
    const attentions = [...everyPart(stages)].filter(({ kind }) => kind === 'attention')
    for (const { details } of attentions) assert.deepEqual([details.heads, details.headDim], [4, 12])
  })

const exportsFolder = fileURLToPath(new URL('../../../test/fixtures/onnx', import.meta.url))
for (const { file } of loadExports(exportsFolder).files)
  test(`${file}: every node is in one part`, () => {
    const { graph } = readExport(exportsFolder, file)
    assertPartTree(graph, findParts(graph))
  })

const oddFolder = new URL('../../../test/fixtures/odd-onnx/', import.meta.url)
for (const file of readdirSync(oddFolder).filter((name) => name.endsWith('.onnx')))
  test(`${file}: every node is in one part, and none is claimed to be what it is not`, () => {
    const { graph } = readModel(new Uint8Array(readFileSync(new URL(file, oddFolder))))
    const stages = findParts(graph)
    assertPartTree(graph, stages)
    assertCounts(stages, { encoderLayer: 0, attention: 0, layerNorm: 0, gelu: 0 })
  })
