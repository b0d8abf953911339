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
function transform(image: RgbImage, matrix: Matrix, { resample, fill }: Sampling): RgbImage {
  const { width, height, data } = image
  const result = new Uint8Array(data.length)
  for (const [channel, value] of fill.entries()) for (let to = channel; to < result.length; to += 3) result[to] = value
  const interpolate = resample === 'bilinear' ? bilinear : bicubic
  interpolate(image, matrix, result)
  return { width, height, data: result }
}

const clamp = (place: number, count: number) => (place < 0 ? 0 : place >= count ? count - 1 : place)

/** Writes those pixels that come from within the picture. */
function bilinear({ width, height, data }: RgbImage, [a, b, c, d, e, f]: Matrix, result: Uint8Array): void {
  for (let row = 0, to = 0; row < height; row++)
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c
      const y = d * (column + 0.5) + e * (row + 0.5) + f
      if (!(x >= 0 && x < width && y >= 0 && y < height)) continue
      const left = Math.floor(x - 0.5)
      const top = Math.floor(y - 0.5)
      const dx = x - 0.5 - left
      const dy = y - 0.5 - top
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
}

/** Pillow cuts fractions off; this makes up for weights whose sum is a hair below one. */
const hair = 1e-9

/** The same. In one piece and written out tap by tap, since calls and loops would take three times as long. */
function bicubic({ width, height, data }: RgbImage, [a, b, c, d, e, f]: Matrix, result: Uint8Array): void {
  const line = width * 3
  for (let row = 0, to = 0; row < height; row++)
    for (let column = 0; column < width; column++, to += 3) {
      const x = a * (column + 0.5) + b * (row + 0.5) + c
      const y = d * (column + 0.5) + e * (row + 0.5) + f
      if (!(x >= 0 && x < width && y >= 0 && y < height)) continue
      const left = Math.floor(x - 0.5)
      const top = Math.floor(y - 0.5)
      const s = x - 0.5 - left
      const t = y - 0.5 - top
      const x0 = clamp(left - 1, width) * 3
      const x1 = clamp(left, width) * 3
      const x2 = clamp(left + 1, width) * 3
      const x3 = clamp(left + 2, width) * 3
      const y0 = clamp(top - 1, height) * line
      const y1 = clamp(top, height) * line
      const y2 = clamp(top + 1, height) * line
      const y3 = clamp(top + 2, height) * line
      const s0 = before(s)
      const s1 = at(s)
      const s2 = at(1 - s)
      const s3 = before(1 - s)
      const t0 = before(t)
      const t1 = at(t)
      const t2 = at(1 - t)
      const t3 = before(1 - t)
      for (let channel = 0; channel < 3; channel++) {
        const p = x0 + channel
        const q = x1 + channel
        const r = x2 + channel
        const u = x3 + channel
        let value = 0
        // Movements along rows or columns are done with one of them.
        if (t === 0) value = s0 * data[y1 + p]! + s1 * data[y1 + q]! + s2 * data[y1 + r]! + s3 * data[y1 + u]!
        else if (s === 0) value = t0 * data[y0 + q]! + t1 * data[y1 + q]! + t2 * data[y2 + q]! + t3 * data[y3 + q]!
        else
          value =
            t0 * (s0 * data[y0 + p]! + s1 * data[y0 + q]! + s2 * data[y0 + r]! + s3 * data[y0 + u]!) +
            t1 * (s0 * data[y1 + p]! + s1 * data[y1 + q]! + s2 * data[y1 + r]! + s3 * data[y1 + u]!) +
            t2 * (s0 * data[y2 + p]! + s1 * data[y2 + q]! + s2 * data[y2 + r]! + s3 * data[y2 + u]!) +
            t3 * (s0 * data[y3 + p]! + s1 * data[y3 + q]! + s2 * data[y3 + r]! + s3 * data[y3 + u]!)
        result[to + channel] = toByte(value + hair)
      }
    }
}

/** Keys' cubic with a = −1, which Pillow takes for transforms (its resizing takes −0.5): a pixel at distance `t` below 1. */
const at = (t: number) => 1 + t * t * (t - 2)

/** The same for a pixel at distance 1 + `t`. */
const before = (t: number) => -t * (1 - t) * (1 - t)

const toByte = (value: number) => (value <= 0 ? 0 : value >= 255 ? 255 : value)
