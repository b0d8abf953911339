import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inlineRuntime, nodeRuntime } from '../runtime/node/runtime.js'
import { type Crop, cropPicture } from './crop-picture.js'
import type { RgbImage } from './decode.js'
import { parsePreprocessorConfig } from './huggingface-preprocessor.js'
import { preprocessorOf } from './library-preprocessors.js'
import { normalisePicture } from './normalise.js'
import { Preprocessor } from './preprocessor.js'
import { defaultPreprocessor, type PreprocessorConfig } from './preprocessor-config.js'
import { parseTimmConfig } from './timm-preprocessor.js'

interface Picture {
  height: number
  width: number
  channels: number
  data: string
}
interface Case {
  image: Picture
  expected: Picture
}
interface Evaluation extends Case {
  library: 'huggingface' | 'timm' | 'google'
  config: unknown
}
interface Training extends Case {
  resample: 'bilinear' | 'bicubic'
  box: Crop
  flip: boolean
}

const file = new URL('../../test/fixtures/preprocess.json', import.meta.url)
const fixtures: { evaluation: Record<string, Evaluation>; training: Record<string, Training> } = JSON.parse(
  readFileSync(file, 'utf8'),
)

const normalisation: Pick<PreprocessorConfig, 'rescaleFactor' | 'mean' | 'std'> = {
  rescaleFactor: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
}

function configOf({ library, config }: Evaluation): PreprocessorConfig {
  if (library === 'huggingface') return parsePreprocessorConfig(config, 'preprocessor_config.json')
  return library === 'timm' ? parseTimmConfig(config, 'config.json') : preprocessorOf[library](config as number)
}

function imageOf({ height, width, data }: Picture): RgbImage {
  return { height, width, data: new Uint8Array(Buffer.from(data, 'base64')) }
}

/** The bytes [height, width, channels] that were normalised to `pixels` [channels, height, width]. */
function bytesOf(pixels: Float32Array, { mean, std, rescaleFactor }: typeof normalisation): number[] {
  const area = pixels.length / mean.length
  return Array.from(pixels, (_, i) => {
    const channel = i % mean.length
    const value = pixels[channel * area + Math.floor(i / mean.length)]!
    return (value * std[channel]! + mean[channel]!) / rescaleFactor
  })
}

function assertClose(pixels: Float32Array, expected: RgbImage, tolerance: number, scale = normalisation) {
  assert.equal(pixels.length, expected.data.length)
  const worst = bytesOf(pixels, scale).reduce(
    (worst, byte, i) => Math.max(worst, Math.abs(byte - expected.data[i]!)),
    0,
  )
  assert.ok(worst <= tolerance + 1e-3, `a pixel is off by ${worst}/255`)
}

for (const [name, { image, expected, ...rest }] of Object.entries(fixtures.evaluation)) {
  test(`${name}, as the library does`, async () => {
    const config = configOf({ image, expected, ...rest })
    const preprocessor = new Preprocessor(inlineRuntime, config)
    assert.deepEqual(config.crop, { height: expected.height, width: expected.width })
    assert.equal(preprocessor.channels, expected.channels)
    assertClose(await preprocessor.evaluate(imageOf(image)), imageOf(expected), 1, config)
    await preprocessor.close()
  })
}

for (const [name, { image, expected, box, flip, resample }] of Object.entries(fixtures.training)) {
  test(`training ${name} as Pillow does, byte for byte`, () => {
    const crop = { height: expected.height, width: expected.width }
    const config: PreprocessorConfig = { crop, resize: crop, resample, ...normalisation }
    const picture = cropPicture(imageOf(image), box, flip, config)
    assert.deepEqual(picture, imageOf(expected))
    assertClose(normalisePicture(picture, config), picture, 0)
  })
}

test('a whole picture is prepared for training as for evaluation', async () => {
  const size = { height: 12, width: 16 }
  const rgb: PreprocessorConfig = { resize: size, crop: size, resample: 'bicubic', ...normalisation }
  const configs: PreprocessorConfig[] = [
    rgb,
    { ...rgb, resample: 'bilinear' },
    { ...rgb, resample: 'lanczos' },
    { ...rgb, resizer: 'torch' },
    { ...rgb, channelOrder: 'bgr', resample: 'nearest' },
    { ...rgb, resizer: 'tensorflow', resample: 'bilinear' },
    { ...rgb, resample: 'nearest', mean: [0.5], std: [0.5] },
  ]
  for (const config of configs) {
    const preprocessor = new Preprocessor(inlineRuntime, config)
    for (const [height, width] of [
      [30, 40],
      [9, 11],
      [3, 2],
      [200, 17],
    ] as const) {
      const data = Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 91) % 256)
      const whole = { top: 0, left: 0, height, width }
      const ours = normalisePicture(cropPicture({ height, width, data }, whole, false, config), config)
      const expected = await preprocessor.evaluate({ height, width, data })
      // The graph's sums are of float32, so that halves may be rounded the other way; TensorFlow's are not rounded there.
      const differences = ours.map((value, i) => Math.abs(value - expected[i]!))
      assert.equal(ours.length, expected.length)
      assert.ok(Math.max(...differences) < 1.1 / 255 / config.std[0])
      const differing = differences.filter((difference) => difference > 0).length
      assert.ok(config.resizer === 'tensorflow' || differing < 0.05 * ours.length, `${differing} bytes differ`)
    }
    await preprocessor.close()
  }
})

test('of a picture that becomes millions of pixels long no more is computed than is shown', async () => {
  const preprocessor = new Preprocessor(inlineRuntime, defaultPreprocessor(64))
  for (const [height, width] of [
    [1, 20000],
    [20000, 1],
    [1, 1],
  ] as const) {
    const data = new Uint8Array(height * width * 3).fill(200)
    const before = process.memoryUsage.rss()
    const pixels = await preprocessor.evaluate({ height, width, data })
    // All of it would be 71 × 1,420,000 pixels.
    assert.ok(process.memoryUsage.rss() - before < 100e6)
    assert.ok(pixels.every((value) => Math.abs(value - (200 / 255 - 0.5) / 0.5) < 1e-5))
  }
  await preprocessor.close()
})

test('a picture of another size is refused where nothing is resized', async () => {
  const config = parsePreprocessorConfig({ do_resize: false, size: 2 }, 'preprocessor_config.json')
  const preprocessor = new Preprocessor(inlineRuntime, config)
  const data = Uint8Array.from({ length: 12 }, (_, i) => i * 20)
  assertClose(await preprocessor.evaluate({ height: 2, width: 2, data }), { height: 2, width: 2, data }, 0, config)
  await assert.rejects(preprocessor.evaluate({ height: 2, width: 3, data: new Uint8Array(18) }), {
    name: 'UserError',
    message: /3×2.*2×2/,
  })
  await preprocessor.close()
})

test('a part of the right size comes through unchanged, and mirrored', () => {
  const image = { height: 6, width: 7, data: Uint8Array.from({ length: 6 * 7 * 3 }, (_, i) => (i * 91) % 256) }
  const size = { height: 3, width: 4 }
  const config: PreprocessorConfig = { resize: size, crop: size, resample: 'bicubic', ...normalisation }
  for (const flip of [false, true]) {
    const data = new Uint8Array(3 * 4 * 3)
    for (let i = 0; i < data.length; i++) {
      const [row, column, channel] = [Math.floor(i / 12), Math.floor(i / 3) % 4, i % 3]
      data[i] = image.data[((row + 2) * 7 + 1 + (flip ? 3 - column : column)) * 3 + channel]!
    }
    assert.deepEqual(cropPicture(image, { top: 2, left: 1, ...size }, flip, config), { ...size, data })
  }
})

test('works in a worker thread, and close without use does nothing', async () => {
  const fixture = Object.values(fixtures.evaluation)[0]!
  const [image, expected, config] = [fixture.image, fixture.expected, configOf(fixture)]
  const preprocessor = new Preprocessor(nodeRuntime, config)
  const [first, second] = await Promise.all([
    preprocessor.evaluate(imageOf(image)),
    preprocessor.evaluate(imageOf(image)),
  ])
  assertClose(first, imageOf(expected), 1, config)
  assert.deepEqual(first, second)
  await preprocessor.close()
  await new Preprocessor(nodeRuntime, config).close()
})
