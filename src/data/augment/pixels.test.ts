import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { RgbImage } from '../../image/index.js'
import { rotate, type Sampling, shearX, shearY, translateX, translateY } from './affine.js'
import { gaussianBlur, sharpness } from './blur.js'
import { brightness, contrast, grayscale, saturation } from './colour.js'
import { hue } from './hue.js'
import { autocontrast, equalize, invert, posterize, solarize, solarizeAdd } from './tables.js'

interface Operation {
  name: string
  parameter: number
  resample?: 'bilinear' | 'bicubic'
  data: string
}
interface Picture {
  width: number
  height: number
  data: string
  operations: Operation[]
}

const file = new URL('../../../test/fixtures/augment.json', import.meta.url)
const { pictures, fill }: { pictures: Record<string, Picture>; fill: [number, number, number] } = JSON.parse(
  readFileSync(file, 'utf8'),
)

const operations: Record<string, (image: RgbImage, parameter: number, sampling: Sampling) => RgbImage> = {
  ...{ brightness, contrast, saturation, sharpness, hue, autocontrast, equalize, invert, grayscale },
  ...{ posterize, solarize, solarizeAdd, gaussianBlur, rotate, shearX, shearY, translateX, translateY },
}

const bytesOf = (data: string) => new Uint8Array(Buffer.from(data, 'base64'))

for (const [pictureName, { width, height, data, operations: cases }] of Object.entries(pictures)) {
  for (const { name, parameter, resample, data: expected } of cases) {
    test(`${[name, parameter ?? '', resample ?? ''].join(' ').trim()}, ${pictureName}: as Pillow, byte for byte`, () => {
      const image = { width, height, data: bytesOf(data) }
      const result = operations[name]!(image, parameter, { resample: resample ?? 'bicubic', fill })
      assert.deepEqual(image.data, bytesOf(data), 'the picture given was changed')
      const wanted = bytesOf(expected)
      const differing = wanted.reduce((count, byte, i) => count + Number(byte !== result.data[i]), 0)
      const worst = wanted.reduce((most, byte, i) => Math.max(most, Math.abs(byte - result.data[i]!)), 0)
      assert.equal(differing, 0, `${differing} of ${wanted.length} bytes differ, by ${worst} at most`)
    })
  }
}
