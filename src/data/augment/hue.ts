import type { RgbImage } from '../../image/index.js'

const { floor, fround, max, min, trunc } = Math

/** By the sixths of the colour circle, the whole turn included. */
const highestChannel = [0, 1, 1, 2, 2, 0, 0]

/**
 * Turns the colour circle by `shift` of a whole turn, −0.5 to 0.5: torchvision's adjust_hue of a Pillow picture, by way of
 * hue, saturation and value as bytes.
 */
export function hue({ width, height, data }: RgbImage, shift: number): RgbImage {
  const turn = trunc(shift * 255) & 255
  const result = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    const r = data[i]!
    const g = data[i + 1]!
    const b = data[i + 2]!
    const value = max(r, g, b)
    const range = value - min(r, g, b)
    const saturation = range === 0 ? 0 : trunc(fround(range / value) * 255)
    if (saturation === 0) {
      result[i] = result[i + 1] = result[i + 2] = value
      continue
    }
    const turned = (((hueOf(r, g, b, value, range) + turn) & 255) * 6) / 255
    const sector = floor(turned)
    const rest = fround(turned - sector)
    const colourful = fround(saturation / 255)
    const low = floor(value * (1 - colourful) + 0.5)
    const falling = floor(value * (1 - fround(colourful * rest)) + 0.5)
    const rising = floor(value * (1 - colourful * (1 - rest)) + 0.5)
    const odd = sector % 2 === 1
    // Red, green and blue take turns to be highest; in between is the channel after it, then the one before the next.
    const highest = highestChannel[sector]!
    result[i + highest] = value
    result[i + ((highest + (odd ? 2 : 1)) % 3)] = odd ? falling : rising
    result[i + ((highest + (odd ? 1 : 2)) % 3)] = low
  }
  return { width, height, data: result }
}

/** Pillow's hue, 0 to 255 for a whole turn, with its single precision. */
function hueOf(r: number, g: number, b: number, value: number, range: number): number {
  const red = fround((value - r) / range)
  const green = fround((value - g) / range)
  const blue = fround((value - b) / range)
  const sixths = fround(r === value ? blue - green : g === value ? 2 + red - blue : 4 + green - red)
  return trunc(fround((sixths / 6 + 1) % 1) * 255)
}
