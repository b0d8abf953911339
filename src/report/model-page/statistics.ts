import { type DType, elementCount, holdsNumbers, type TypedArray, type Value } from '../../onnx/index.js'
import { toFloat32 } from '../../weights/index.js'
import type { WeightRow } from './page-data.js'

const binCount = 40
/** Tensors up to this size are looked at as a whole. */
const largestWhole = 2 ** 16
/** Of larger ones so many runs of so many numbers, spread evenly: reading here and there in a file takes its time. */
const [runs, runLength] = [8, 2 ** 11]

/** Least, largest, mean, standard deviation and a histogram of a constant's numbers; none of what holds no numbers. */
export function statisticsOf(value: Value): WeightRow | undefined {
  if (!value.isTyped || !value.shape.every((size) => typeof size === 'number')) return undefined
  const count = elementCount(value.shape as readonly number[])
  if (count === 0) return undefined
  const numbers = sampleOf(value, count)
  if (!numbers) return undefined
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0]
  let seen = 0
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue
    seen++
    sum += number
    if (number < min) min = number
    if (number > max) max = number
  }
  if (seen === 0) return undefined
  const mean = sum / seen
  let squares = 0
  const bins = new Array<number>(binCount).fill(0)
  const width = (max - min) / binCount
  for (const number of numbers) {
    if (!Number.isFinite(number)) continue
    squares += (number - mean) ** 2
    bins[width > 0 ? Math.min(Math.floor((number - min) / width), binCount - 1) : binCount >> 1]!++
  }
  const highest = Math.max(...bins)
  const heights = bins.map((bin) => (bin === 0 ? 0 : Math.max(1, Math.round((100 * bin) / highest))))
  return [count, numbers.length, short(min), short(max), short(mean), short(Math.sqrt(squares / seen)), heights]
}

const short = (number: number) => Number(number.toPrecision(5))

/** Numbers of a constant: all of a small one, some of a large one, so that the weights of a huge model are not all read. */
function sampleOf(value: Value, count: number): Float32Array | Float64Array | undefined {
  if (count <= largestWhole) return toNumbers(value.slice(0, count), value.dtype)
  const sample = new Float64Array(runs * runLength)
  for (let run = 0; run < runs; run++) {
    const start = Math.floor((run * (count - runLength)) / (runs - 1))
    const numbers = toNumbers(value.slice(start, start + runLength), value.dtype)
    if (!numbers) return undefined
    sample.set(numbers, run * runLength)
  }
  return sample
}

function toNumbers(data: TypedArray | undefined, dtype: DType): Float32Array | Float64Array | undefined {
  // Smaller floats and integers than these are bits that other runtimes unpack.
  if (!data || !(holdsNumbers(dtype) || /^b?float16$/.test(dtype))) return undefined
  if (dtype.includes('float')) return toFloat32({ dtype, shape: [data.length], data }).data
  return Float64Array.from(data as ArrayLike<number | bigint>, Number)
}
