import type { RgbImage } from '../../image/index.js'

/** How colours between pixels are found, and the colour [red, green, blue] of what lies outside the picture. */
export interface Sampling {
  resample: 'bilinear' | 'bicubic'
  fill: readonly [number, number, number]
}

/** From a place (x, y) of the result to the one it comes from: (a·x + b·y + c, d·x + e·y + f), in pixels. */
type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Turns the picture about its centre, counter-clockwise. Pillow's Image.rotate without `expand`. */
export function rotate(image: RgbImage, degrees: number, sampling: Sampling): RgbImage {
  const angle = (-degrees * Math.PI) / 180
  // To 15 places, so that quarter turns are exact.
  const [cos, sin] = [Number(Math.cos(angle).toFixed(15)), Number(Math.sin(angle).toFixed(15))]
  const [x, y] = [image.width / 2, image.height / 2]
  return transform(image, [cos, sin, x - cos * x - sin * y, -sin, cos, y + sin * x - cos * y], sampling)
}

/** Moves each row left by `factor` of its distance from the top. timm's ShearX. */
export function shearX(image: RgbImage, factor: number, sampling: Sampling): RgbImage {
  return transform(image, [1, factor, 0, 0, 1, 0], sampling)
}

/** Moves each column up by `factor` of its distance from the left. timm's ShearY. */
export function shearY(image: RgbImage, factor: number, sampling: Sampling): RgbImage {
  return transform(image, [1, 0, 0, factor, 1, 0], sampling)
}

/** Moves the picture left by `share` of its width. timm's TranslateXRel. */
export function translateX(image: RgbImage, share: number, sampling: Sampling): RgbImage {
  return transform(image, [1, 0, share * image.width, 0, 1, 0], sampling)
}

/** Moves the picture up by `share` of its height. timm's TranslateYRel. */
export function translateY(image: RgbImage, share: number, sampling: Sampling): RgbImage {
  return transform(image, [1, 0, 0, 0, 1, share * image.height], sampling)
}

/** Pillow's Image.transform with an affine matrix. Half a pixel beyond the outermost centres the border is repeated. */
function transform({ width, height, data }: RgbImage, matrix: Matrix, { resample, fill }: Sampling): RgbImage {
  const [a, b, c, d, e, f] = matrix
  const result = new Uint8Array(data.length)
  const sample = resample === 'bilinear' ? bilinear : bicubic
  for (let y = 0, to = 0; y < height; y++) {
    for (let x = 0; x < width; x++, to += 3) {
      const fromX = a * (x + 0.5) + b * (y + 0.5) + c
      const fromY = d * (x + 0.5) + e * (y + 0.5) + f
      if (fromX >= 0 && fromX < width && fromY >= 0 && fromY < height)
        sample(data, width, height, fromX - 0.5, fromY - 0.5, result, to)
      else result.set(fill, to)
    }
  }
  return { width, height, data: result }
}

/** Writes one pixel of a transformed picture: that at (x, y) of `data`, where the first pixel's centre is (0, 0). */
type Sample = (
  data: Uint8Array,
  width: number,
  height: number,
  x: number,
  y: number,
  result: Uint8Array,
  to: number,
) => void

const clamp = (place: number, count: number) => (place < 0 ? 0 : place >= count ? count - 1 : place)

const bilinear: Sample = (data, width, height, x, y, result, to) => {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const dx = x - left
  const dy = y - top
  const near = clamp(left, width) * 3
  const far = clamp(left + 1, width) * 3
  const above = clamp(top, height) * width * 3
  const below = clamp(top + 1, height) * width * 3
  for (let channel = 0; channel < 3; channel++) {
    const upper = data[above + near + channel]!
    const high = upper + (data[above + far + channel]! - upper) * dx
    const lower = data[below + near + channel]!
    const low = lower + (data[below + far + channel]! - lower) * dx
    result[to + channel] = high + (low - high) * dy
  }
}

/** Pillow cuts fractions off; this makes up for weights whose sum is a hair below one. */
const hair = 1e-9

// Written out tap by tap: loops over them take three times as long.
const bicubic: Sample = (data, width, height, x, y, result, to) => {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const s = x - left
  const t = y - top
  const s0 = before(s)
  const s1 = at(s)
  const s2 = at(1 - s)
  const s3 = before(1 - s)
  const x0 = clamp(left - 1, width) * 3
  const x1 = clamp(left, width) * 3
  const x2 = clamp(left + 1, width) * 3
  const x3 = clamp(left + 2, width) * 3
  const y0 = clamp(top - 1, height) * width * 3
  const y1 = clamp(top, height) * width * 3
  const y2 = clamp(top + 1, height) * width * 3
  const y3 = clamp(top + 2, height) * width * 3
  for (let c = 0; c < 3; c++) {
    const a = x0 + c
    const b = x1 + c
    const d = x2 + c
    const e = x3 + c
    let value = s0 * data[y1 + a]! + s1 * data[y1 + b]! + s2 * data[y1 + d]! + s3 * data[y1 + e]!
    // Movements along the rows are done with one row.
    if (t !== 0)
      value =
        at(t) * value +
        before(t) * (s0 * data[y0 + a]! + s1 * data[y0 + b]! + s2 * data[y0 + d]! + s3 * data[y0 + e]!) +
        at(1 - t) * (s0 * data[y2 + a]! + s1 * data[y2 + b]! + s2 * data[y2 + d]! + s3 * data[y2 + e]!) +
        before(1 - t) * (s0 * data[y3 + a]! + s1 * data[y3 + b]! + s2 * data[y3 + d]! + s3 * data[y3 + e]!)
    result[to + c] = toByte(value + hair)
  }
}

/** Keys' cubic with a = −1, which Pillow takes for transforms (its resizing takes −0.5): a pixel at distance `t` below 1. */
const at = (t: number) => 1 + t * t * (t - 2)

/** The same for a pixel at distance 1 + `t`. */
const before = (t: number) => -t * (1 - t) * (1 - t)

const toByte = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : value)
