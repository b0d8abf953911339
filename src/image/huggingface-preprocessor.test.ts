import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { parsePreprocessorConfig, toPreprocessorJson } from './huggingface-preprocessor.js'
import { preprocessorOf } from './library-preprocessors.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'

const half = [0.5, 0.5, 0.5]
const parse = (json: unknown) => parsePreprocessorConfig(json, 'p.json')

/** The parts of a config that the case at hand does not change. */
const vit224: PreprocessorConfig = {
  resize: { height: 224, width: 224 },
  resample: 'bilinear',
  resizer: 'torch',
  crop: { height: 224, width: 224 },
  rescaleFactor: 1 / 255,
  mean: [0.5, 0.5, 0.5],
  std: [0.5, 0.5, 0.5],
}

test("ViTFeatureExtractor's first form, with a number as size", () => {
  const json = { do_normalize: true, do_resize: true, image_mean: half, image_std: half, size: 224 }
  assert.deepEqual(parse(json), vit224)
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
  assert.deepEqual(parse(json), {
    ...vit224,
    resize: { height: 384, width: 224 },
    resample: 'bicubic',
    crop: { height: 384, width: 224 },
    mean: [0.1, 0.2, 0.3],
    std: [0.4, 0.5, 0.6],
  })
})

test("a processor's name alone stands for its defaults", () => {
  const short: PreprocessorConfig = {
    ...vit224,
    resize: { shortestEdge: 224 },
    resample: 'bicubic',
    align: 'centreFloor',
  }
  const openAi: Pick<PreprocessorConfig, 'mean' | 'std'> = {
    mean: [0.48145466, 0.4578275, 0.40821073],
    std: [0.26862954, 0.26130258, 0.27577711],
  }
  const cases: Record<string, PreprocessorConfig> = {
    ViTImageProcessorFast: vit224,
    DeiTFeatureExtractor: { ...short, resize: { height: 256, width: 256 } },
    CLIPFeatureExtractor: { ...short, ...openAi },
    BitImageProcessor: { ...short, ...openAi },
    SiglipImageProcessor: { ...vit224, resample: 'bicubic' },
    ConvNextImageProcessor: {
      ...vit224,
      resample: 'bicubic',
      resize: { height: 384, width: 384 },
      crop: { height: 384, width: 384 },
    },
    MobileViTImageProcessor: {
      ...short,
      crop: { height: 256, width: 256 },
      channelOrder: 'bgr',
      mean: [0, 0, 0],
      std: [1, 1, 1],
    },
  }
  for (const [name, config] of Object.entries(cases)) {
    assert.deepEqual(parse({ image_processor_type: name }), config, name)
    assert.deepEqual(parse({ feature_extractor_type: name }), config, name)
  }
})

test("CLIP's short side, as a number and as an object", () => {
  for (const size of [224, { shortest_edge: 224 }]) {
    const config = parse({ image_processor_type: 'CLIPImageProcessor', size, crop_size: [224, 200] })
    assert.deepEqual(config.resize, { shortestEdge: 224 })
    assert.deepEqual(config.crop, { height: 224, width: 200 })
  }
})

test('ConvNeXt cuts off a margin below 384 pixels', () => {
  const { resize, crop } = parse({ image_processor_type: 'ConvNextImageProcessor', size: 224, crop_pct: 0.9 })
  assert.deepEqual([resize, crop], [{ shortestEdge: 248 }, { height: 224, width: 224 }])
})

test('steps that are switched off do nothing', () => {
  const config = parse({ size: 224, do_rescale: false, do_normalize: null })
  assert.deepEqual([config.rescaleFactor, config.mean, config.std], [1, [0, 0, 0], [1, 1, 1]])
  const size = { height: 224, width: 224 }
  assert.deepEqual(parse({ do_resize: false }), { ...vit224, resize: { ...size, fit: 'none' }, align: 'none' })
})

test('one mean makes pictures grey, a number as mean holds for all channels', () => {
  assert.deepEqual(parse({ image_mean: [0.13], image_std: [0.3] }).mean, [0.13])
  assert.deepEqual(parse({ image_mean: 0.13, image_std: 0.3 }).mean, [0.13, 0.13, 0.13])
})

test('padding takes the colour that is zero after normalising', () => {
  const config = parse({ size: { max_height: 200, max_width: 224 }, do_pad: true, pad_size: 224 })
  assert.deepEqual(config.resize, { fit: 'inside', height: 200, width: 224, rounding: 'floor' })
  assert.deepEqual([config.align, config.fill], ['corner', [127.5, 127.5, 127.5]])
})

test('a field that is wrong is named, with the file', () => {
  const good = { size: 224, image_mean: half, image_std: half }
  const cases: [Record<string, unknown>, string][] = [
    [{ do_resize: 'no' }, 'do_resize'],
    [{ do_normalize: 1 }, 'do_normalize'],
    [{ size: '224' }, 'size'],
    [{ size: { height: 224 } }, 'size'],
    [{ size: 0 }, 'size'],
    [{ size: 1e9 }, 'size'],
    [{ size: { shortest_edge: 224, longest_edge: 500 } }, 'size'],
    [{ size: { shortest_edge: 224 } }, 'do_center_crop'],
    [{ size: { max_height: 224, max_width: 224 } }, 'do_center_crop'],
    [{ do_pad: true, pad_size: 200 }, 'pad_size'],
    [{ do_center_crop: true }, 'crop_size'],
    [{ resample: 5 }, 'resample'],
    [{ rescale_factor: 'x' }, 'rescale_factor'],
    [{ image_mean: [0.5] }, 'image_std'],
    [{ image_mean: [0.5, 0.5, 0.5, 0.5] }, 'image_mean'],
    [{ image_mean: [0.5, 0.5, '0.5'] }, 'image_mean'],
    [{ image_std: [0.5, 0, 0.5] }, 'image_std'],
    [{ image_processor_type: 'OtherImageProcessor', image_std: undefined }, 'image_std'],
  ]
  for (const [change, name] of cases) {
    assert.throws(
      () => parsePreprocessorConfig({ ...good, ...change }, 'here/p.json'),
      (error) => error instanceof UserError && error.message.startsWith(`here/p.json: "${name}" must be `),
      JSON.stringify(change),
    )
  }
  assert.throws(() => parse([]), UserError)
  assert.throws(() => parse(null), UserError)
  assert.throws(() => parse({ vitrine: { align: 'left' } }), /"vitrine": "align" must be one of/)
})

test('the JSON that is written reads back as the same config', () => {
  const clip = { ...vit224, resize: { shortestEdge: 248 }, align: 'centreFloor' } as const
  const none = { height: 224, width: 224, fit: 'none' } as const
  const inside = { height: 224, width: 200, fit: 'inside', rounding: 'round' } as const
  const configs: [PreprocessorConfig, processor: string, saysAll: boolean][] = [
    [vit224, 'ViTImageProcessor', true],
    [clip, 'CLIPImageProcessor', true],
    [{ ...clip, resize: { height: 256, width: 256 } }, 'DeiTImageProcessor', true],
    [{ ...vit224, resize: none, align: 'none' }, 'ViTImageProcessor', true],
    [{ ...vit224, resize: none, align: 'centreFloor' }, 'DeiTImageProcessor', true],
    [{ ...vit224, rescaleFactor: 1, mean: [1, 2, 3], std: [4, 5, 6] }, 'ViTImageProcessor', true],
    [{ ...vit224, mean: [0.5], std: [0.2], resample: 'lanczos' }, 'ViTImageProcessor', true],
    [defaultPreprocessor(224), 'CLIPImageProcessor', false],
    [{ ...vit224, channelOrder: 'bgr' }, 'ViTImageProcessor', false],
    [{ ...defaultPreprocessor(224), resize: inside, fill: [1, 2, 3] }, 'ViTImageProcessor', false],
    [{ ...defaultPreprocessor(224), resize: { ...inside, fit: 'cover' } }, 'CLIPImageProcessor', false],
    ...Object.values(preprocessorOf).map((of): [PreprocessorConfig, string, boolean] => [of(384), '', false]),
  ]
  for (const [config, processor, saysAll] of configs) {
    const json = JSON.parse(JSON.stringify(toPreprocessorJson(config)))
    if (processor) assert.equal(json.image_processor_type, processor)
    if (processor) assert.equal(json.vitrine === undefined, saysAll, processor)
    assert.deepEqual(parse(json), config)
  }
})
