import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'
import { parseTimmConfig } from './timm-preprocessor.js'

const half = [0.5, 0.5, 0.5]
const timm = {
  input_size: [3, 224, 224],
  interpolation: 'bicubic',
  crop_pct: 0.9,
  crop_mode: 'center',
  mean: half,
  std: half,
}
const parse = (change: Record<string, unknown>) => parseTimmConfig({ pretrained_cfg: { ...timm, ...change } }, 'c.json')

test("timm's config, inside pretrained_cfg or bare", () => {
  assert.deepEqual(
    parseTimmConfig({ architecture: 'x', pretrained_cfg: timm }, 'config.json'),
    defaultPreprocessor(224),
  )
  assert.deepEqual(parseTimmConfig(timm, 'config.json'), defaultPreprocessor(224))
})

test("timm's defaults are 224 pixels, ImageNet's statistics, bicubic and crop_pct 0.875", () => {
  const expected: PreprocessorConfig = {
    resize: { shortestEdge: 256 },
    resample: 'bicubic',
    crop: { height: 224, width: 224 },
    rescaleFactor: 1 / 255,
    mean: [0.485, 0.456, 0.406],
    std: [0.229, 0.224, 0.225],
  }
  const empty = { input_size: null, interpolation: '', crop_pct: 0, mean: null }
  assert.deepEqual(parseTimmConfig({}, 'config.json'), expected)
  assert.throws(() => parseTimmConfig(empty, 'config.json'), UserError)
  assert.deepEqual(parseTimmConfig({ ...empty, interpolation: null }, 'config.json'), expected)
})

test('the modes of cropping', () => {
  assert.deepEqual(parse({ crop_mode: 'squash' }).resize, { height: 248, width: 248 })
  const border = parse({ crop_mode: 'border', crop_pct: 1, mean: [0.1, 0.5, 0.3] })
  assert.deepEqual(border.resize, { fit: 'inside', height: 224, width: 224, rounding: 'round' })
  // Python rounds 25.5 and 127.5 to the even neighbours.
  assert.deepEqual(border.fill, [26, 128, 76])
  const oblong = parse({ input_size: [3, 224, 112] })
  assert.deepEqual(oblong.resize, { fit: 'cover', height: 248, width: 124, rounding: 'round' })
  assert.deepEqual(oblong.crop, { height: 224, width: 112 })
})

test('one channel is grey', () => {
  assert.deepEqual(parse({ input_size: [1, 32, 32], mean: [0.13], std: [0.3] }).mean, [0.13])
  assert.deepEqual(parse({ mean: [0.13] }).mean, [0.13, 0.13, 0.13])
})

test("a field that is wrong in timm's config is named", () => {
  const cases: [Record<string, unknown>, string][] = [
    [{ input_size: [4, 224, 224] }, 'input_size'],
    [{ input_size: [224, 224] }, 'input_size'],
    [{ input_size: [3, 1e9, 224] }, 'input_size'],
    [{ input_size: [1, 224, 224] }, 'mean'],
    [{ input_size: [1, 224, 224], mean: [0.5] }, 'std'],
    [{ crop_pct: -1 }, 'crop_pct'],
    [{ crop_mode: 'stretch' }, 'crop_mode'],
    [{ interpolation: 'nearest' }, 'interpolation'],
    [{ std: 'x' }, 'std'],
  ]
  for (const [change, name] of cases) {
    assert.throws(
      () => parse(change),
      (error) => error instanceof UserError && error.message.startsWith(`c.json: "${name}" must be `),
      JSON.stringify(change),
    )
  }
})

const shared = new URL('../../../shared/weights/vit_tiny_patch16_224/config.json', import.meta.url)
const skip = !existsSync(shared) && 'needs ../shared/weights/vit_tiny_patch16_224'

test('the config.json of a real timm model', { skip }, () => {
  const config = parseTimmConfig(JSON.parse(readFileSync(shared, 'utf8')), 'config.json')
  assert.deepEqual(config, defaultPreprocessor(224))
})
