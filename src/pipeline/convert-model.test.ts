import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { UserError } from '../errors.js'
import { defaultPreprocessor } from '../image/index.js'
import { preset, ViT, type ViTConfig } from '../nn/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { loadFamily, outputDifference } from '../testing/families.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { conversionTargets, convertModel } from './convert-model.js'
import { readJson } from './json.js'
import { loadModel } from './load-model.js'
import { type Model, numberedLabels } from './model.js'

const families = fileURLToPath(new URL('../../test/fixtures/families/', import.meta.url))
const small: Partial<ViTConfig> = { imageSize: 16, patchSize: 4, embedDim: 12, depth: 1, numHeads: 3, numClasses: 2 }

function modelOf(options: Partial<ViTConfig> = {}, labels?: readonly string[]): Model {
  const vit = new ViT({ ...small, ...options }, 1)
  const { numClasses, imageSize } = vit.config
  const preprocessor = defaultPreprocessor(imageSize)
  return { vit, labels: labels ?? numberedLabels(numClasses), preprocessor, pretrained: true }
}

/** What torchvision's files do not tell. */
const notTold = ({ numHeads, layerNormEps }: ViTConfig) => ({ numHeads, layerNormEps })

test('models of every family come back from every library that has them as they were', async (t) => {
  const folder = await temporaryFolder('convert')
  const converted = new Map<string, number>()
  for (const name of readdirSync(families))
    await t.test(name, async () => {
      const { model, shape } = await loadFamily(join(families, name))
      for (const target of conversionTargets) {
        const output = join(folder, name, target)
        const conversion = await convertModel(nodeFiles, output, model, target).catch((error) => {
          if (!(error instanceof UserError)) throw error
        })
        if (!conversion) continue
        converted.set(target, (converted.get(target) ?? 0) + 1)
        const config = target === 'torchvision' ? notTold(model.vit.config) : {}
        const back = await loadModel(nodeFiles, output, { config })
        const error = await outputDifference(back.vit, model.vit, shape)
        assert.ok(error <= 1e-6, `for ${target} the outputs are off by ${error}`)
      }
    })
  // Refusing everything would not do.
  for (const [target, least] of Object.entries({ timm: 58, hf: 51, torchvision: 16 }))
    assert.ok(converted.get(target)! >= least, `only ${converted.get(target)} models for ${target}`)
})

test('what a library has no part for is refused by name, and another library that has it is named', async () => {
  const cases: [options: Partial<ViTConfig>, target: 'timm' | 'hf' | 'torchvision', sentence: RegExp][] = [
    [{ qkNorm: true }, 'hf', /transformers has no Vision Transformer with normalised queries and keys: use --to timm$/],
    [{ pooling: 'avg', fcNorm: true }, 'hf', /with a LayerNorm after pooling: use --to timm$/],
    [{ classToken: false, pooling: 'map' }, 'hf', /with a head on attention pooling: use --to timm$/],
    [{ classToken: false, pooling: 'avg', initValues: 1 }, 'hf', /with no class token but LayerScale: use --to timm$/],
    [{ initValues: 1, mlpRatio: 1.5 }, 'hf', /with LayerScale but an MLP of a fractional ratio: use --to timm$/],
    [{ representationSize: 5 }, 'hf', /with a representation layer before its head: use --to torchvision$/],
    [{ representationSize: 5 }, 'timm', /with a representation layer before its head: use --to torchvision$/],
    [{ pooling: 'token+avg' }, 'timm', /both the class token and the mean of its patches: use --to hf$/],
    [
      { head: 'mlp' },
      'timm',
      /^timm has no Vision Transformer with a head of two layers: leave it as it is, or .*export/,
    ],
    [{ activation: 'quickGelu' }, 'torchvision', /another activation than the exact GELU: use --to timm$/],
    [{ inChannels: 1 }, 'torchvision', /another number of channels than 3: use --to timm$/],
    [{ imageSize: 18 }, 'torchvision', /pixels left over behind whole patches: use --to timm$/],
  ]
  const folder = await temporaryFolder('refusals')
  for (const [options, target, message] of cases)
    await assert.rejects(convertModel(nodeFiles, folder, modelOf(options), target), { name: 'UserError', message })
  assert.deepEqual(readdirSync(folder), [], 'a refused model leaves no files')
})

test("CLIP's projection is Hugging Face's, but a classifier in its place is not", async () => {
  const folder = await temporaryFolder('clip')
  const clip: Partial<ViTConfig> = { preNorm: true, layerNormEps: 1e-5 }
  const projection = modelOf(clip)
  projection.vit.parameters.get('head.bias')!.data.fill(0)
  assert.equal((await convertModel(nodeFiles, folder, projection, 'hf')).architecture, 'CLIPVisionModelWithProjection')
  const refusal = { name: 'UserError', message: /a head for named classes, or one with a bias: use --to timm$/ }
  const named = { ...projection, labels: ['cat', 'dog'] }
  await assert.rejects(convertModel(nodeFiles, folder, named, 'hf'), refusal)
  projection.vit.parameters.get('head.bias')!.data[0] = 1
  await assert.rejects(convertModel(nodeFiles, folder, projection, 'hf'), refusal)
})

test("timm's config names the architecture that fits, and says otherwise only what it has otherwise", async () => {
  const folder = await temporaryFolder('timm')
  const options = { ...preset('vit_tiny_patch16_384'), depth: 1, numClasses: 2, dropPath: 0.1 }
  const { architecture, notices } = await convertModel(nodeFiles, folder, modelOf(options, ['cat', 'dog']), 'timm')
  assert.deepEqual([architecture, notices], ['vit_tiny_patch16_384', []])
  assert.deepEqual(await readJson(nodeFiles, `${folder}/config.json`), {
    architecture: 'vit_tiny_patch16_384',
    num_classes: 2,
    num_features: 192,
    global_pool: 'token',
    label_names: ['cat', 'dog'],
    model_args: {
      img_size: 384,
      in_chans: 3,
      depth: 1,
      global_pool: 'token',
      fc_norm: false,
      drop_path_rate: 0.1,
    },
    pretrained_cfg: {
      custom_load: false,
      fixed_input_size: true,
      input_size: [3, 384, 384],
      interpolation: 'bicubic',
      crop_pct: 0.9,
      crop_mode: 'center',
      mean: [0.5, 0.5, 0.5],
      std: [0.5, 0.5, 0.5],
      num_classes: 2,
      pool_size: null,
      first_conv: 'patch_embed.proj',
      classifier: 'head',
    },
  })
  assert.deepEqual(readdirSync(folder).sort(), ['config.json', 'model.safetensors'])
})

test('an epsilon that timm has nowhere is said, and kept for Vitrine', async () => {
  const folder = await temporaryFolder('epsilon')
  const { notices } = await convertModel(nodeFiles, `${folder}/12`, modelOf({ layerNormEps: 1e-12 }), 'timm')
  assert.match(notices.join(), /^timm has LayerNorms with the epsilon 1e-6 alone, and this model has 1e-12/)
  assert.equal((await loadModel(nodeFiles, `${folder}/12`)).vit.config.layerNormEps, 1e-12)
  // Its CLIP has 1e-5, which a model that is no CLIP can have as well.
  const other = await convertModel(nodeFiles, `${folder}/5`, modelOf({ layerNormEps: 1e-5 }), 'timm')
  assert.match(other.architecture, /clip/)
  assert.deepEqual(other.notices, [])
})

test('preprocessing that a library has no words for is said, and kept for Vitrine', async () => {
  const folder = await temporaryFolder('preparation')
  const model = modelOf()
  const preprocessor = { ...model.preprocessor, channelOrder: 'bgr' as const }
  for (const target of ['timm', 'hf'] as const) {
    const { notices } = await convertModel(nodeFiles, `${folder}/${target}`, { ...model, preprocessor }, target)
    assert.match(notices.join(), /cannot prepare pictures exactly/)
    assert.deepEqual((await loadModel(nodeFiles, `${folder}/${target}`)).preprocessor, preprocessor)
  }
  const { notices } = await convertModel(nodeFiles, `${folder}/tv`, { ...model, preprocessor }, 'torchvision')
  assert.match(notices.join(), /README.md leaves that to you/)
})
