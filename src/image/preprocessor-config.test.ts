import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import {
  defaultPreprocessor,
  type PreprocessorConfig,
  parsePreprocessorConfig,
  parseTimmConfig,
  toPreprocessorJson,
} from './preprocessor-config.js'

const half = [0.5, 0.5, 0.5]

/** The parts of a config that the case at hand does not change. */
const vit224: PreprocessorConfig = {
  resize: { height: 224, width: 224 },
  resample: 'bilinear',
  crop: { height: 224, width: 224 },
  rescaleFactor: 1 / 255,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
}

test("ViTFeatureExtractor's first form, with a number as size", () => {
  const json = { do_normalize: true, do_resize: true, image_mean: half, image_std: half, size: 224 }
  assert.deepEqual(parsePreprocessorConfig(json, 'p.json'), vit224)
})

test("ViTImageProcessor's form", () => {
  const json = {
    image_processor_type: 'ViTImageProcessor',
    do_resize: true,
    size: { height: 384, width: 224 },
    resample: 3,
    do_rescale: true,
    rescale_factor: 0.00392156862745098,
    do_normalize: true,
    image_mean: [0.1, 0.2, 0.3],
    image_std: [0.4, 0.5, 0.6],
  }
  assert.deepEqual(parsePreprocessorConfig(json, 'p.json'), {
    resize: { height: 384, width: 224 },
    resample: 'bicubic',
    crop: { height: 384, width: 224 },
    rescaleFactor: 1 / 255,
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  })
})

test("DeiT's square resize and centre crop", () => {
  const json = { size: 256, do_center_crop: true, crop_size: 224, resample: 3, image_mean: half, image_std: half }
  const expected = { ...vit224, resize: { height: 256, width: 256 }, resample: 'bicubic' }
  assert.deepEqual(parsePreprocessorConfig(json, 'p.json'), expected)
})

test("CLIP's short side, as a number and as an object", () => {
  for (const size of [224, { shortest_edge: 224 }]) {
    const json = { image_processor_type: 'CLIPImageProcessor', size, do_center_crop: true, crop_size: 224 }
    const config = parsePreprocessorConfig({ ...json, image_mean: half, image_std: half }, 'p.json')
    assert.deepEqual(config, { ...vit224, resize: { shortestEdge: 224 }, resample: 'bicubic' })
  }
})

test('steps that are switched off do nothing', () => {
  const config = parsePreprocessorConfig({ size: 224, do_rescale: false, do_normalize: false }, 'p.json')
  assert.deepEqual([config.rescaleFactor, config.mean, config.std], [1, [0, 0, 0], [1, 1, 1]])
})

test('a field that is wrong is named, with the file', () => {
  const good = { size: 224, image_mean: half, image_std: half }
  const cases: [Record<string, unknown>, string][] = [
    [{ do_resize: false }, 'do_resize'],
    [{ do_normalize: 1 }, 'do_normalize'],
    [{ size: '224' }, 'size'],
    [{ size: undefined }, 'size'],
    [{ size: { height: 224 } }, 'size'],
    [{ size: 0 }, 'size'],
    [{ size: { shortest_edge: 224 } }, 'do_center_crop'],
    [{ do_center_crop: true }, 'crop_size'],
    [{ do_center_crop: true, crop_size: 225 }, 'crop_size'],
    [{ resample: 1 }, 'resample'],
    [{ rescale_factor: 'x' }, 'rescale_factor'],
    [{ image_mean: [0.5] }, 'image_mean'],
    [{ image_mean: [0.5, 0.5, '0.5'] }, 'image_mean'],
    [{ image_std: [0.5, 0, 0.5] }, 'image_std'],
    [{ image_std: undefined }, 'image_std'],
  ]
  for (const [change, name] of cases) {
    assert.throws(
      () => parsePreprocessorConfig({ ...good, ...change }, 'here/p.json'),
      (error) => error instanceof UserError && error.message.startsWith(`here/p.json: "${name}" must be `),
      JSON.stringify(change),
    )
  }
  assert.throws(() => parsePreprocessorConfig([], 'p.json'), UserError)
  assert.throws(() => parsePreprocessorConfig(null, 'p.json'), UserError)
})

const timm = {
  input_size: [3, 224, 224],
  interpolation: 'bicubic',
  crop_pct: 0.9,
  crop_mode: 'center',
  mean: half,
  std: half,
}

test("timm's config, inside pretrained_cfg or bare", () => {
  const expected = { ...vit224, resize: { shortestEdge: 248 }, resample: 'bicubic' }
  assert.deepEqual(parseTimmConfig({ architecture: 'x', pretrained_cfg: timm }, 'config.json'), expected)
  assert.deepEqual(parseTimmConfig(timm, 'config.json'), expected)
  assert.deepEqual(defaultPreprocessor(224), expected)
})

test("timm's defaults are ImageNet's statistics and crop_pct 0.875", () => {
  const config = parseTimmConfig({ input_size: [3, 224, 224] }, 'config.json')
  assert.deepEqual(config.resize, { shortestEdge: 256 })
  assert.deepEqual(config.mean, [0.485, 0.456, 0.406])
})

test("a field that is wrong in timm's config is named", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ input_size: [3, 224, 192] }, 'input_size'],
    [{ input_size: [1, 224, 224] }, 'input_size'],
    [{ input_size: undefined }, 'input_size'],
    [{ crop_pct: 1.1 }, 'crop_pct'],
    [{ crop_pct: 0 }, 'crop_pct'],
    [{ crop_mode: 'squash' }, 'crop_mode'],
    [{ interpolation: 'lanczos' }, 'interpolation'],
    [{ std: 0.5 }, 'std'],
  ]
  for (const [change, name] of cases) {
    assert.throws(
      () => parseTimmConfig({ pretrained_cfg: { ...timm, ...change } }, 'config.json'),
      (error) => error instanceof UserError && error.message.startsWith(`config.json: "${name}" must be `),
      JSON.stringify(change),
    )
  }
})

test('the JSON that is written reads back as the same config', () => {
  const configs: [PreprocessorConfig, string][] = [
    [defaultPreprocessor(224), 'CLIPImageProcessor'],
    [vit224, 'ViTImageProcessor'],
    [{ ...vit224, resize: { height: 256, width: 256 } }, 'DeiTImageProcessor'],
    [{ ...vit224, rescaleFactor: 1, mean: [1, 2, 3], std: [4, 5, 6] }, 'ViTImageProcessor'],
  ]
  for (const [config, processor] of configs) {
    const json = JSON.parse(JSON.stringify(toPreprocessorJson(config)))
    assert.equal(json.image_processor_type, processor)
    assert.deepEqual(parsePreprocessorConfig(json, 'p.json'), config)
  }
})

const shared = new URL('../../../shared/weights/vit_tiny_patch16_224/config.json', import.meta.url)
const skip = !existsSync(shared) && 'needs ../shared/weights/vit_tiny_patch16_224'

test('the config.json of a real timm model', { skip }, () => {
  const config = parseTimmConfig(JSON.parse(readFileSync(shared, 'utf8')), 'config.json')
  assert.deepEqual(config, defaultPreprocessor(224))
})
