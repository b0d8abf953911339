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
  const box = boxOf(radius)
  // On its side, so that rows are blurred as columns are: a line of bytes at a time.
  const turned = blurColumns(turn(data, height, width), width, height, box)
  return { width, height, data: blurColumns(turn(turned, width, height), height, width, box) }
}

/** [height, width, 3] to [width, height, 3]. */
function turn(data: Uint8Array, height: number, width: number): Uint8Array {
  const result = new Uint8Array(data.length)
  for (let y = 0, i = 0; y < height; y++)
    for (let x = 0; x < width; x++, i += 3) {
      const to = (x * height + y) * 3
      result[to] = data[i]!
      result[to + 1] = data[i + 1]!
      result[to + 2] = data[i + 2]!
    }
  return result
}

const passes = 3

/** A box of fractional size: weights, in whole 2^−24ths, of the two bytes at its ends, `reach` away, and of all between. */
interface Box {
  reach: number
  inner: number
  edge: number
}

function boxOf(radius: number): Box {
  const variance = radius ** 2 / passes
  const whole = Math.floor((Math.sqrt(12 * variance + 1) - 1) / 2)
  const part = (2 * whole + 1) * (whole * (whole + 1) - 3 * variance)
  const size = whole + part / (6 * (variance - (whole + 1) ** 2))
  const reach = Math.floor(size)
  const inner = Math.trunc(2 ** 24 / Math.fround(size * 2 + 1))
  return { reach: reach + 1, inner, edge: Math.floor((2 ** 24 - (reach * 2 + 1) * inner) / 2) }
}

/** Blurs the columns of [height, width, 3], beyond which their ends go on. The result is in one of two new arrays. */
function blurColumns(data: Uint8Array, height: number, width: number, { reach, inner, edge }: Box): Uint8Array {
  const line = width * 3
  const sums = new Int32Array(line)
  const spare = [new Uint8Array(data.length), new Uint8Array(data.length)]
  let from = data
  for (let pass = 0; pass < passes; pass++) {
    const to = spare[pass % 2]!
    const place = (row: number) => Math.max(0, Math.min(row, height - 1)) * line
    sums.fill(0)
    for (let row = 1 - reach; row < reach; row++)
      for (let i = 0, at = place(row); i < line; i++, at++) sums[i]! += from[at]!
    for (let row = 0; row < height; row++)
      blurLine(from, to, row * line, place(row - reach), place(row - reach + 1), place(row + reach), sums, inner, edge)
    from = to
  }
  return from
}

const { imul } = Math
const half = 2 ** 23

/** Writes a line of weighted sums, of 32 bits without sign, and moves the sums on by a line. */
function blurLine(
  from: Uint8Array,
  to: Uint8Array,
  out: number,
  first: number,
  leaving: number,
  last: number,
  sums: Int32Array,
  inner: number,
  edge: number,
): void {
  for (let i = 0; i < sums.length; i++) {
    const sum = sums[i]!
    const end = from[last + i]!
    to[out + i] = (imul(sum, inner) + imul(from[first + i]! + end, edge) + half) >>> 24
    sums[i] = sum + end - from[leaving + i]!
  }
}
