import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { defaultPreprocessor } from '../image/index.js'
import { ViT, type ViTConfig } from '../nn/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { loadFamily, outputDifference } from '../testing/families.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { readJson } from './json.js'
import { loadModel } from './load-model.js'
import type { Model } from './model.js'
import { saveModel } from './save-model.js'

const families = fileURLToPath(new URL('../../test/fixtures/families/', import.meta.url))

test('models of every family are read back as they were saved', async (t) => {
  const folder = await temporaryFolder('save')
  for (const name of readdirSync(families))
    await t.test(name, async () => {
      const { model, shape } = await loadFamily(join(families, name))
      await saveModel(nodeFiles, join(folder, name), model)
      const back = await loadModel(nodeFiles, join(folder, name))
      assert.deepEqual(back.labels, model.labels)
      // Pictures do not have four channels: how they are prepared is nobody's concern then.
      if (back.vit.config.inChannels < 4) assert.deepEqual(back.preprocessor, model.preprocessor)
      const error = await outputDifference(back.vit, model.vit, shape)
      assert.ok(error <= 1e-6, `the outputs are off by ${error}`)
    })
})

/** Saves a small model and reads it again; all of its options have to be as they were. */
async function assertKept(options: Partial<ViTConfig>, folder: string): Promise<Record<string, unknown>> {
  const small = { imageSize: 18, patchSize: 4, embedDim: 12, depth: 2, numHeads: 3, numClasses: 3 }
  const vit = new ViT({ ...small, ...options }, 1)
  const model: Model = {
    vit,
    labels: ['one', 'two', 'three'],
    preprocessor: defaultPreprocessor(18),
    pretrained: true,
  }
  await saveModel(nodeFiles, folder, model)
  const back = await loadModel(nodeFiles, folder)
  assert.deepEqual(back.vit.config, vit.config)
  assert.equal(await outputDifference(back.vit, vit, [1, 3, 18, 18]), 0)
  assert.deepEqual(back.labels, model.labels)
  return (await readJson(nodeFiles, `${folder}/config.json`)) as Record<string, unknown>
}

const trained = {
  activation: 'geluTanh',
  layerNormEps: 1e-12,
  dropout: 0.1,
  attentionDropout: 0.2,
  dropPath: 0.3,
} as const

test('a plain ViT is a ViTForImageClassification, with its own heads besides', async () => {
  const folder = await temporaryFolder('plain')
  const plain = await assertKept({ ...trained, qkvBias: false }, `${folder}/plain`)
  assert.deepEqual([plain.architectures, plain.vitrine], [['ViTForImageClassification'], { dropPath: 0.3 }])
  const mlp = await assertKept({ ...trained, head: 'mlp' }, `${folder}/mlp`)
  assert.deepEqual([mlp.model_type, mlp.vitrine], ['vit', { head: 'mlp', dropPath: 0.3 }])
  const representation = await assertKept({ representationSize: 7 }, `${folder}/representation`)
  assert.deepEqual([representation.model_type, representation.vitrine], ['vit', { representationSize: 7 }])
})

test('what Hugging Face has no class for is kept as timm has it', async () => {
  const folder = await temporaryFolder('others')
  const others: Partial<ViTConfig>[] = [
    { qkNorm: true },
    { pooling: 'avg', fcNorm: true },
    { fcNorm: true },
    { classToken: false, pooling: 'map', head: 'mlp' },
    { preNorm: true, noEmbedClass: true },
    { regTokens: 2, pooling: 'token+avg', initValues: 1e-5, representationSize: 5 },
    { mlp: 'swiglu', mlpRatio: 2.5, activation: 'silu', initValues: 1e-5, noEmbedClass: true },
    { distillation: true, qkNorm: true },
  ]
  for (const [i, options] of others.entries()) {
    const config = await assertKept({ ...trained, ...options }, `${folder}/${i}`)
    assert.equal(typeof config.architecture, 'string')
  }
})

test('a folder has all that its readers look for', async () => {
  const folder = await temporaryFolder('files')
  for (const qkNorm of [false, true]) {
    await assertKept({ qkNorm }, `${folder}/${qkNorm}`)
    const names = ['class_indices.json', 'config.json', 'model.safetensors', 'onnx', 'preprocessor_config.json']
    assert.deepEqual(readdirSync(`${folder}/${qkNorm}`).sort(), names)
  }
})
