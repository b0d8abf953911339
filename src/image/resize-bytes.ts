import { filters } from './filters.js'
import type { PreprocessorConfig, Resample } from './preprocessor-config.js'

const { imul } = Math

/**
 * How the elements of a resized axis come from those before: element i is the sum of `counts[i]` neighbours from
 * `starts[i]` on, by weights of `places` binary places that stand from `i · taps` on. There are at least four, the rest being zeros.
 */
export interface Weights {
  starts: Int32Array
  counts: Int32Array
  weights: Int32Array
  taps: number
  places: number
}

/** The weights of Pillow (22 places) and PyTorch (16-bit weights), halves rounded away from zero, see `PreprocessorConfig`. */
export function resizeWeights(
  from: number,
  to: number,
  resample: Exclude<Resample, 'nearest'>,
  resizer: PreprocessorConfig['resizer'],
): Weights {
  const { radius, weight } = filters[resample]
  const scale = from / to
  const widening = resizer === 'tensorflow' ? 1 : Math.max(scale, 1)
  const reach = radius * widening
  const taps = Math.max(4, 2 * Math.ceil(reach) + 1)
  const [starts, counts] = [new Int32Array(to), new Int32Array(to)]
  const exact = new Float64Array(to * taps)
  let largest = 0
  for (let i = 0; i < to; i++) {
    const centre = (i + 0.5) * scale
    const start = Math.max(0, Math.trunc(centre - reach + 0.5))
    const count = Math.min(from, Math.trunc(centre + reach + 0.5)) - start
    const end = i * taps + count
    let sum = 0
    for (let k = i * taps, at = start + 0.5 - centre; k < end; k++, at++) {
      exact[k] = weight(Math.abs(at) / widening)
      sum += exact[k]!
    }
    for (let k = i * taps; k < end; k++) {
      exact[k]! /= sum
      largest = Math.max(largest, exact[k]!)
    }
    starts[i] = start
    counts[i] = count
  }
  const places = resizer === 'torch' ? Math.min(22, Math.floor(Math.log2(32767.5 / largest))) : 22
  const weights = new Int32Array(exact.length)
  for (let k = 0; k < weights.length; k++) weights[k] = exact[k]! * 2 ** places + Math.sign(exact[k]!) / 2
  return { starts, counts, weights, taps, places }
}

/** Each element from the one place that its centre falls on: in float32 as PyTorch does, since rounding decides ties. */
export function nearestWeights(from: number, to: number): Weights {
  const scale = Math.fround(from / to)
  const place = (i: number) => Math.min(from - 1, Math.floor(Math.fround((i + 0.5) * scale)))
  const starts = Int32Array.from({ length: to }, (_, i) => place(i))
  const weights = Int32Array.from({ length: 4 * to }, (_, i) => Number(i % 4 === 0))
  return { starts, counts: new Int32Array(to).fill(1), weights, taps: 4, places: 0 }
}

/** The same elements in reverse order. */
export function mirrored({ starts, counts, weights, taps, places }: Weights): Weights {
  const reversed = new Int32Array(weights.length)
  const last = starts.length - 1
  for (let i = 0; i <= last; i++) reversed.set(weights.subarray(i * taps, (i + 1) * taps), (last - i) * taps)
  return { starts: starts.toReversed(), counts: counts.toReversed(), weights: reversed, taps, places }
}

/**
 * How the axis lies in the bytes to be resized: `outer` times it goes on from `offset` with `stride` bytes to the next
 * element, each time `outerStride` further; an element is `inner` bytes. So a part of a picture needs no copy.
 */
export interface Axis {
  offset: number
  outer: number
  outerStride: number
  stride: number
  inner: number
}

/**
 * Resizes an axis, rounded to bytes: the result is [outer, elements, inner]. Sums stay below 2^31, as weights add up to
 * one and filters do not overshoot by half.
 */
export function resizeAxis(
  bytes: Uint8Array,
  { offset, outer, outerStride, stride, inner }: Axis,
  { starts, counts, weights, taps, places }: Weights,
): Uint8Array {
  const to = starts.length
  const result = new Uint8ClampedArray(outer * to * inner)
  const half = (1 << places) >> 1
  for (let i = 0; i < to; i++) {
    const first = i * taps
    const count = counts[i]!
    const end = first + count
    // Four neighbours at once: for most pictures these are all, and it takes half the time.
    const w0 = weights[first]!
    const w1 = weights[first + 1]!
    const w2 = weights[first + 2]!
    const w3 = weights[first + 3]!
    const p1 = count > 1 ? stride : 0
    const p2 = count > 2 ? 2 * stride : 0
    const p3 = count > 3 ? 3 * stride : 0
    for (let o = 0; o < outer; o++) {
      const start = offset + o * outerStride + starts[i]! * stride
      let out = (o * to + i) * inner
      for (let j = start; j < start + inner; j++) {
        const near = imul(w0, bytes[j]!) + imul(w1, bytes[j + p1]!)
        let sum = (half + near + imul(w2, bytes[j + p2]!) + imul(w3, bytes[j + p3]!)) | 0
        for (let k = first + 4, at = j + 4 * stride; k < end; k++, at += stride)
          sum = (sum + imul(weights[k]!, bytes[at]!)) | 0
        result[out++] = sum >> places
      }
    }
  }
  return new Uint8Array(result.buffer)
}
