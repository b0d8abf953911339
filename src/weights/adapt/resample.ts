/** How the samples along one axis become others: row i holds the share of every old sample in the new sample i. */
export type Resampling = readonly Float64Array[]

/** Makes the resampling of `from` samples to `to`. */
export type ResamplingMethod = (from: number, to: number) => Resampling

/** The cubic convolution kernel (Keys, 1981); `a` is its slope at distance 1. */
function cubic(distance: number, a: number): number {
  const x = Math.abs(distance)
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
}

/** `interpolate(mode='bicubic', antialias=True)` of PyTorch, and Pillow: a = -0.5, and a wider kernel where it shrinks. */
export const antialiasedBicubic: ResamplingMethod = (from, to) => {
  const scale = from / to
  const stretch = Math.max(scale, 1)
  return Array.from({ length: to }, (_, i) => {
    const row = Float64Array.from({ length: from }, (_, j) => cubic((j + 0.5 - (i + 0.5) * scale) / stretch, -0.5))
    const sum = row.reduce((total, weight) => total + weight, 0)
    return row.map((weight) => weight / sum)
  })
}

/**
 * `interpolate(mode='bicubic', align_corners=False)` of PyTorch and Paddle: a = -0.75, and four samples always. Where a
 * single sample is left, Paddle takes it from before the first one, and PyTorch from the middle, as here.
 */
export const bicubic: ResamplingMethod = (from, to) =>
  interpolation(from, to, (i) => ((i + 0.5) * from) / to - 0.5, wideCubic)

/** `interpolate(mode='bicubic', align_corners=True)` of PyTorch: first and last samples keep their places. */
export const alignedBicubic: ResamplingMethod = (from, to) => interpolation(from, to, alignedPlace(from, to), wideCubic)

/**
 * `scipy.ndimage.zoom(order=1)`: linear, first and last samples keep their places. For some pairs of sizes (28 to 14, 8
 * to 26) rounding takes scipy past the last sample, and it gives 0 there; here that is the last sample, as it is meant.
 */
export const alignedLinear: ResamplingMethod = (from, to) =>
  interpolation(from, to, alignedPlace(from, to), (distance) => Math.max(0, 1 - Math.abs(distance)))

const wideCubic = (distance: number) => cubic(distance, -0.75)

const alignedPlace = (from: number, to: number) => (i: number) => (to > 1 ? (i * (from - 1)) / (to - 1) : 0)

/** Every new sample from the four old ones around its place; beyond the ends the outermost sample goes on. */
function interpolation(
  from: number,
  to: number,
  place: (i: number) => number,
  kernel: (distance: number) => number,
): Resampling {
  return Array.from({ length: to }, (_, i) => {
    const row = new Float64Array(from)
    const before = Math.floor(place(i))
    for (let j = before - 1; j <= before + 2; j++) {
      row[Math.min(Math.max(j, 0), from - 1)]! += kernel(j - place(i))
    }
    return row
  })
}

/**
 * Resamples height and width of `data`, whose shape is `[outer, height, width, inner]`; the sizes of old and new height
 * and width are those of `rows` and `columns`. Sums are of double precision.
 */
export function resampleGrid(
  data: Float32Array,
  [outer, inner]: readonly [outer: number, inner: number],
  rows: Resampling,
  columns: Resampling,
): Float32Array {
  const width = columns[0]!.length
  const resizedRows = resampleAxis(data, outer, width * inner, rows, Float64Array)
  return resampleAxis(resizedRows, outer * rows.length, inner, columns, Float32Array)
}

/** Resamples the middle axis of `[outer, size, inner]`. */
function resampleAxis<Result extends Float64Array | Float32Array>(
  data: Float32Array | Float64Array,
  outer: number,
  inner: number,
  resampling: Resampling,
  ArrayType: new (length: number) => Result,
): Result {
  const size = resampling[0]!.length
  const result = new ArrayType(outer * resampling.length * inner)
  const sums = new Float64Array(inner)
  for (let block = 0; block < outer; block++) {
    for (let i = 0; i < resampling.length; i++) {
      const row = resampling[i]!
      sums.fill(0)
      for (let j = 0; j < size; j++) {
        const weight = row[j]!
        // Most weights are 0; and a NaN that has no share in a sample does not spoil it.
        if (weight === 0) continue
        const offset = (block * size + j) * inner
        for (let k = 0; k < inner; k++) sums[k]! += weight * data[offset + k]!
      }
      result.set(sums, (block * resampling.length + i) * inner)
    }
  }
  return result
}
