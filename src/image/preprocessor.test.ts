import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { inlineRuntime, nodeRuntime } from '../runtime/node/runtime.js'
import type { RgbImage } from './decode.js'
import { type Crop, Preprocessor } from './preprocessor.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

interface Picture {
  height: number
  width: number
  rgb: string
}
type Case<T> = T & { image: Picture; expected: Picture }
type Evaluation = Pick<PreprocessorConfig, 'resize' | 'crop' | 'resample'>
type Training = Pick<PreprocessorConfig, 'resample'> & { box: Crop; flip: boolean }

const file = new URL('../../test/fixtures/preprocess.json', import.meta.url)
const fixtures: {
  evaluation: Record<string, Case<Evaluation>>
  training: Record<string, Case<Training>>
} = JSON.parse(readFileSync(file, 'utf8'))

const normalisation: Pick<PreprocessorConfig, 'rescaleFactor' | 'mean' | 'std'> = {
  rescaleFactor: 1 / 255,
  mean: [0.485, 0.456, 0.406],
  std: [0.229, 0.224, 0.225],
}

function imageOf({ height, width, rgb }: Picture): RgbImage {
  return { height, width, data: new Uint8Array(Buffer.from(rgb, 'base64')) }
}

/** The bytes [height, width, 3] that were normalised to `pixels` [3, height, width]. */
function bytesOf(pixels: Float32Array): number[] {
  const area = pixels.length / 3
  return Array.from(pixels, (_, i) => {
    const channel = i % 3
    const value = pixels[channel * area + Math.floor(i / 3)]!
    return (value * normalisation.std[channel]! + normalisation.mean[channel]!) * 255
  })
}

function assertClose(pixels: Float32Array, expected: RgbImage, tolerance: number) {
  assert.equal(pixels.length, expected.data.length)
  const worst = bytesOf(pixels).reduce((worst, byte, i) => Math.max(worst, Math.abs(byte - expected.data[i]!)), 0)
  assert.ok(worst <= tolerance + 1e-3, `a pixel is off by ${worst}/255`)
}

for (const [name, { image, expected, ...config }] of Object.entries(fixtures.evaluation)) {
  test(`evaluation ${name} as Pillow does`, async () => {
    const preprocessor = new Preprocessor(inlineRuntime, { ...config, ...normalisation })
    assertClose(await preprocessor.evaluate(imageOf(image)), imageOf(expected), 1)
    await preprocessor.close()
  })
}

for (const [name, { image, expected, box, flip, resample }] of Object.entries(fixtures.training)) {
  test(`training ${name} as Pillow does`, async () => {
    const crop = { height: expected.height, width: expected.width }
    const preprocessor = new Preprocessor(inlineRuntime, { crop, resize: crop, resample, ...normalisation })
    assertClose(await preprocessor.augment(imageOf(image), box, flip), imageOf(expected), 1)
    await preprocessor.close()
  })
}

test('a part of the right size comes through unchanged, and mirrored', async () => {
  const image = { height: 6, width: 7, data: Uint8Array.from({ length: 6 * 7 * 3 }, (_, i) => (i * 91) % 256) }
  const size = { height: 3, width: 4 }
  const preprocessor = new Preprocessor(inlineRuntime, {
    resize: size,
    crop: size,
    resample: 'bicubic',
    ...normalisation,
  })
  for (const flip of [false, true]) {
    const data = new Uint8Array(3 * 4 * 3)
    for (let i = 0; i < data.length; i++) {
      const [row, column, channel] = [Math.floor(i / 12), Math.floor(i / 3) % 4, i % 3]
      data[i] = image.data[((row + 2) * 7 + 1 + (flip ? 3 - column : column)) * 3 + channel]!
    }
    const pixels = await preprocessor.augment(image, { top: 2, left: 1, ...size }, flip)
    assertClose(pixels, { ...size, data }, 0)
  }
  await preprocessor.close()
})

test('works in a worker thread, and close without use does nothing', async () => {
  const { image, expected, ...config } = Object.values(fixtures.evaluation)[0]!
  const preprocessor = new Preprocessor(nodeRuntime, { ...config, ...normalisation })
  const [first, second] = await Promise.all([
    preprocessor.evaluate(imageOf(image)),
    preprocessor.evaluate(imageOf(image)),
  ])
  assertClose(first, imageOf(expected), 1)
  assert.deepEqual(first, second)
  await preprocessor.close()
  await new Preprocessor(nodeRuntime, { ...config, ...normalisation }).close()
})
