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
  const [left, top] = [Math.floor(x), Math.floor(y)]
  const [dx, dy] = [x - left, y - top]
  const [near, far] = [clamp(left, width) * 3, clamp(left + 1, width) * 3]
  const [above, below] = [clamp(top, height) * width * 3, clamp(top + 1, height) * width * 3]
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

// Written out tap by tap: loops over the columns take three times as long.
const bicubic: Sample = (data, width, height, x, y, result, to) => {
  const left = Math.floor(x)
  const top = Math.floor(y)
  const s = x - left
  const s0 = before(s)
  const s1 = at(s)
  const s2 = at(1 - s)
  const s3 = before(1 - s)
  const x0 = clamp(left - 1, width) * 3
  const x1 = clamp(left, width) * 3
  const x2 = clamp(left + 1, width) * 3
  const x3 = clamp(left + 2, width) * 3
  let red = hair
  let green = hair
  let blue = hair
  for (let row = top - 1; row <= top + 2; row++) {
    const t = Math.abs(y - row)
    const weight = t < 1 ? at(t) : before(t - 1)
    if (weight === 0) continue
    const start = clamp(row, height) * width * 3
    const p0 = start + x0
    const p1 = start + x1
    const p2 = start + x2
    const p3 = start + x3
    red += weight * (s0 * data[p0]! + s1 * data[p1]! + s2 * data[p2]! + s3 * data[p3]!)
    green += weight * (s0 * data[p0 + 1]! + s1 * data[p1 + 1]! + s2 * data[p2 + 1]! + s3 * data[p3 + 1]!)
    blue += weight * (s0 * data[p0 + 2]! + s1 * data[p1 + 2]! + s2 * data[p2 + 2]! + s3 * data[p3 + 2]!)
  }
  result[to] = toByte(red)
  result[to + 1] = toByte(green)
  result[to + 2] = toByte(blue)
}

/** Keys' cubic with a = −1, which Pillow takes for transforms (its resizing takes −0.5): a pixel at distance `t` below 1. */
const at = (t: number) => 1 + t * t * (t - 2)

/** The same for a pixel at distance 1 + `t`. */
const before = (t: number) => -t * (1 - t) * (1 - t)

const toByte = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : value)
