import { ops, type Value } from '../onnx/index.js'
import { filters } from './filters.js'
import type { PreprocessorConfig } from './preprocessor-config.js'

/**
 * How one axis of a picture is resized. All are int64 vectors of one number, since most of them are only known when
 * there is a picture.
 */
export interface Stretch {
  /** The length before. */
  from: Value
  /** The length after. */
  to: Value
  /** The part of the resized axis that is wanted: `count` elements, the first at `first`. The rest is not computed. */
  first: Value
  count: Value
}

/** The matrices that resize an axis, for one part of the wanted elements after another. */
export interface Bands {
  /** The part of the axis that has any influence. */
  begin: Value
  end: Value
  /** Where in that part the neighbours begin that a band looks at, int64 [1] each. */
  starts: Value[]
  /** The number of those neighbours, int64 [1], the same for all bands. */
  length: Value
  /** What each element of a band takes of each neighbour, float32 [length, elements] each. */
  weights: Value[]
}

/**
 * Elements depend on few neighbours, so one matrix for the whole axis would be nearly all zeros. Eight near the diagonal
 * are a seventh of the work, and a picture needs to be turned to floats only an eighth at a time.
 */
const bandCount = 8

/**
 * The matrices for an axis, computed in the graph since they depend on the picture's size. In float64 as the libraries
 * do, since places on a long axis and weights of 22 binary places do not fit a float32.
 */
export function bandsOf(stretch: Stretch, config: Pick<PreprocessorConfig, 'resample' | 'resizer'>): Bands {
  const { from, to, count } = stretch
  const { graph } = from
  const { radius, weigh } = filters[config.resample as keyof typeof filters]
  const scale = ops.div(ops.cast(from, 'float64'), ops.cast(to, 'float64'))
  // When shrinking, the filter widens; tf.image.resize alone does not do it by default.
  const widening = config.resizer === 'tensorflow' ? graph.constant('float64', [1]) : ops.max(scale, 1)
  const reach = ops.cast(ops.mul(widening, radius), 'int64')

  const perBand = ops.div(ops.add(count, bandCount - 1), bandCount)
  const elements = bandElements(stretch, perBand)
  const centres = ops.mul(ops.add(ops.cast(elements, 'float64'), 0.5), scale)
  const spread = ops.add(ops.div(ops.mul(perBand, from), to), ops.mul(reach, 2))
  const length = ops.min(ops.add(spread, 5), from)
  const leftmost = ops.sub(ops.cast(ops.slice(centres, [0], [1], [1]), 'int64'), ops.add(reach, 2))
  const starts = ops.min(ops.max(leftmost, 0), ops.sub(from, length))

  const neighbours = ops.cast(ops.unsqueeze(ops.add(starts, rangeTo(length)), [2]), 'float64')
  const distance = ops.abs(ops.sub(ops.add(neighbours, 0.5), ops.unsqueeze(centres, [1])))
  const raw = weigh(ops.div(distance, widening))
  const exact = ops.div(raw, ops.reduceSum(raw, [1]))
  const weights = ops.cast(inFixedPoint(exact, config.resizer), 'float32')

  const bands = Array.from({ length: bandCount }, (_, i) => i + 1)
  const start = (band: number) => ops.reshape(ops.gather(starts, band, 0), [1])
  const begin = start(1)
  return {
    begin,
    end: ops.add(start(bandCount), length),
    starts: bands.map((band) => ops.sub(start(band), begin)),
    length,
    weights: bands.map((band) => ops.gather(weights, band, 0)),
  }
}

/**
 * The elements of each band, int64 [1 + bands, per band]. The last band is filled up with the last element. Before the
 * bands stand the axis's first elements, wanted or not, since their weights count for inFixedPoint.
 */
function bandElements({ first, count }: Stretch, perBand: Value): Value {
  const steps = first.graph.constant(
    'int64',
    Array.from({ length: bandCount }, (_, i) => i),
  )
  const firsts = ops.concat([first.graph.constant('int64', [0]), ops.add(ops.mul(steps, perBand), first)], 0)
  const last = ops.sub(ops.add(first, count), 1)
  return ops.min(ops.add(ops.unsqueeze(firsts, [1]), rangeTo(perBand)), last)
}

/**
 * Weights as the libraries keep them to resize bytes, halves rounded away from zero: Pillow with 22 binary places, PyTorch
 * as 16-bit integers of as many places as the largest weight of the axis allows.
 */
function inFixedPoint(weights: Value, resizer: PreprocessorConfig['resizer']): Value {
  if (resizer === 'tensorflow') return weights
  const { graph } = weights
  const unit = resizer === 'torch' ? powerBelow(32767.5, weights) : graph.constant('float64', 2 ** 22)
  const rounded = ops.floor(ops.add(ops.mul(ops.abs(weights), unit), 0.5))
  return ops.div(ops.mul(rounded, ops.sign(weights)), unit)
}

/** The largest power of two, 2^22 at most, which times the largest weight stays below a limit. */
function powerBelow(limit: number, weights: Value): Value {
  const places = ops.floor(ops.div(ops.log(ops.div(limit, ops.reduceMax(weights, [0, 1, 2]))), Math.LN2))
  return ops.pow(weights.graph.constant('float64', 2), ops.min(places, 22))
}

/** 0, 1 … count - 1, for int64 [1]. */
export function rangeTo(count: Value): Value {
  const { graph } = count
  return graph.emit('Range', [graph.constant('int64', 0), ops.squeeze(count, [0]), graph.constant('int64', 1)])[0]!
}
