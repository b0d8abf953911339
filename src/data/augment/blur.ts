import type { RgbImage } from '../../image/index.js'
import { blend } from './colour.js'

/** Blends with the picture smoothed: Pillow's ImageEnhance.Sharpness. Factor 1 changes nothing, 0 smooths, 2 sharpens. */
export function sharpness(image: RgbImage, factor: number): RgbImage {
  return blend(smooth(image), image, factor)
}

/** Pillow's SMOOTH filter: the mean of a pixel, counted five times, and its eight neighbours. The border stays. */
function smooth({ width, height, data }: RgbImage): RgbImage {
  const result = data.slice()
  const row = width * 3
  const columns = new Uint16Array(row)
  for (let start = row; start < (height - 1) * row; start += row) {
    for (let i = 0; i < row; i++) columns[i] = data[start + i - row]! + data[start + i]! + data[start + i + row]!
    for (let i = 3; i < row - 3; i++) {
      const sum = columns[i - 3]! + columns[i]! + columns[i + 3]! + 4 * data[start + i]!
      result[start + i] = (sum + 6.5) / 13
    }
  }
  return { width, height, data: result }
}

/**
 * Pillow's GaussianBlur: three box blurs along each axis, whose width makes up the standard deviation `radius`, in pixels
 * (Gwosdek et al., "Theoretical Foundations of Gaussian Convolution by Extended Box Filtering", 2011).
 */
export function gaussianBlur({ width, height, data }: RgbImage, radius: number): RgbImage {
  if (radius === 0) return { width, height, data: data.slice() }
  const box = boxRadius(radius)
  const result = data.slice()
  const rows = lineBlur(result, width, 3, box)
  for (let y = 0; y < height; y++) for (let channel = 0; channel < 3; channel++) rows(y * width * 3 + channel)
  const columns = lineBlur(result, height, width * 3, box)
  for (let column = 0; column < width * 3; column++) columns(column)
  return { width, height, data: result }
}

const passes = 3

function boxRadius(radius: number): number {
  const variance = radius ** 2 / passes
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2)
  const part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
  return whole + part / (6 * (variance - (whole + 1) ** 2))
}

/**
 * Gives the function that blurs a line of `count` bytes, `stride` apart, by its first place. A box of fractional radius
 * weighs the two bytes at its ends with `edge`, all others with `inner`, both whole 2^−24ths; beyond the line its ends
 * go on.
 */
function lineBlur(data: Uint8Array, count: number, stride: number, box: number): (start: number) => void {
  const radius = Math.floor(box)
  const unit = 2 ** -24
  const inner = Math.trunc(1 / unit / Math.fround(box * 2 + 1)) * unit
  const edge = Math.floor((1 - (radius * 2 + 1) * inner) / 2 / unit) * unit
  const line = new Uint8Array(count + 2 * (radius + 1))
  const blurred = new Uint8Array(count)
  return (start) => {
    for (let i = 0, from = start; i < count; i++, from += stride) blurred[i] = data[from]!
    for (let pass = 0; pass < passes; pass++) blurInto(blurred, line, radius, inner, edge)
    for (let i = 0, to = start; i < count; i++, to += stride) data[to] = blurred[i]!
  }
}

/** Blurs the bytes of `values` in their place; `line` is room for them with a margin. */
function blurInto(values: Uint8Array, line: Uint8Array, radius: number, inner: number, edge: number): void {
  const count = values.length
  const margin = radius + 1
  line.fill(values[0]!, 0, margin)
  line.set(values, margin)
  line.fill(values[count - 1]!, margin + count)
  let sum = 0
  for (let i = 1; i <= 2 * radius + 1; i++) sum += line[i]!
  for (let i = 0; i < count; i++) {
    const last = line[i + 2 * margin]!
    values[i] = sum * inner + (line[i]! + last) * edge + 0.5
    sum += last - line[i + 1]!
  }
}
