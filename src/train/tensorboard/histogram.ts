import type { Histogram } from './event.js'

/** Counts values in bins of equal width between the least and the greatest; what is no finite number is left out. */
export function histogramOf(values: ArrayLike<number>, bins = 30): Histogram {
  const { min, max, count, sum, sumOfSquares } = summarize(values)
  const counts = Array<number>(bins).fill(0)
  const width = (max - min) / bins
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (Number.isFinite(value)) counts[width > 0 ? Math.min(Math.floor((value - min) / width), bins - 1) : 0]!++
  }
  const limits = counts.map((_, i) => (i === bins - 1 ? max : min + (i + 1) * width))
  return { min, max, count, sum, sumOfSquares, limits, counts }
}

function summarize(values: ArrayLike<number>): Omit<Histogram, 'limits' | 'counts'> {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  let [count, sum, sumOfSquares] = [0, 0, 0]
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!
    if (!Number.isFinite(value)) continue
    min = Math.min(min, value)
    max = Math.max(max, value)
    count++
    sum += value
    sumOfSquares += value * value
  }
  return count > 0 ? { min, max, count, sum, sumOfSquares } : { min: 0, max: 0, count, sum, sumOfSquares }
}
