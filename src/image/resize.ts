import { ops, type Value } from '../onnx/index.js'
import type { PreprocessorConfig } from './preprocessor-config.js'
import { type Bands, bandsOf, rangeTo, type Stretch } from './stretch.js'

type ResizeConfig = Pick<PreprocessorConfig, 'resample' | 'resizer' | 'mean'>

/**
 * Resizes a picture and cuts out the wanted part: uint8 [height, width, 3] to float32 [1, channels, rows, columns] in
 * 0 to 255, grey where there is one channel. Like Pillow and PyTorch it goes over each axis in turn and rounds to bytes
 * after each. No more of the resized picture is computed than is wanted, so that even a picture one pixel high and 20,000
 * wide takes little memory.
 */
export function resize(image: Value, rows: Stretch, columns: Stretch, config: ResizeConfig): Value {
  if (config.resample === 'nearest') return nearest(image, rows, columns, config)
  const [down, across] = [bandsOf(rows, config), bandsOf(columns, config)]
  const [zero, one] = [0, 1].map((i) => image.graph.constant('int64', [i])) as [Value, Value]
  const batch = ops.unsqueeze(image, [0])
  const source = (first: Value, last: Value) => {
    const begin = ops.concat([first, down.begin, across.begin], 0)
    return ops.slice(batch, begin, ops.concat([last, down.end, across.end], 0), [0, 1, 2])
  }

  const round = config.resizer === 'tensorflow' ? (x: Value) => x : toBytes
  const pass = (x: Value, axis: 1 | 2, read: (part: Value) => Value) => {
    const [bands, { count }] = axis === 1 ? [down, rows] : [across, columns]
    return round(resizeAxis(x, axis, bands, count, read))
  }
  const load = (x: Value) => samples(x, config)
  const widthsFirst = (x: Value) => pass(pass(x, 2, load), 1, (part) => part)
  const heightsFirst = (x: Value) => pass(pass(x, 1, load), 2, (part) => part)
  if (config.resizer && config.resizer !== 'pillow') return ops.transpose(widthsFirst(source(zero, one)), [0, 3, 1, 2])
  // One of both orders gets the picture, and the other an empty batch, which costs nothing.
  const heights = heightsComeFirst(rows, columns)
  const either = ops.concat([heightsFirst(source(zero, heights)), widthsFirst(source(heights, one))], 0)
  return ops.transpose(either, [0, 3, 1, 2])
}

/** Pillow's choice since version 13, int64 [1]: heights first where they shrink by more than twice what widths do. */
function heightsComeFirst(rows: Stretch, columns: Stretch): Value {
  const lost = ops.sub(rows.from, rows.to)
  const shrinks = ops.greater(lost, 0)
  const shrinksMore = ops.greater(lost, ops.mul(ops.sub(columns.from, columns.to), 2))
  return ops.mul(ops.cast(shrinks, 'int64'), ops.cast(shrinksMore, 'int64'))
}

/** Permutations of [batch, rows, columns, channels] that put an axis last, and back. */
const turns = {
  1: { toLast: [0, 2, 3, 1], back: [0, 3, 1, 2] },
  2: { toLast: [0, 1, 3, 2], back: [0, 1, 3, 2] },
}

/** Resizes one axis of [batch, rows, columns, channels]; `load` turns a part of it to floats. */
function resizeAxis(x: Value, axis: 1 | 2, bands: Bands, count: Value, load: (part: Value) => Value): Value {
  const { toLast, back } = turns[axis]
  // Before it is cut into parts: next to the products the runtime would fuse both and lose the speed of large products.
  const turned = ops.transpose(x, toLast)
  const parts = bands.starts.map((start, i) => {
    const part = ops.slice(turned, start, ops.add(start, bands.length), [3])
    return ops.matMul(load(part), bands.weights[i]!)
  })
  return ops.transpose(ops.slice(ops.concat(parts, 3), [0], count, [3]), back)
}

/** Rounded to whole numbers from 0 to 255, halves up. */
function toBytes(x: Value): Value {
  return ops.clip(ops.floor(ops.add(x, 0.5)), 0, 255)
}

/** Each element from the one place its centre falls on. */
function nearest(image: Value, rows: Stretch, columns: Stretch, config: ResizeConfig): Value {
  const high = ops.gather(image, nearestPlaces(rows), 0)
  return channelsFirst(ops.gather(high, nearestPlaces(columns), 1), config)
}

/** In float32 as PyTorch does, whatever the config says: where a centre falls between two places, rounding decides. */
function nearestPlaces({ from, to, first, count }: Stretch): Value {
  const scale = ops.div(ops.cast(from, 'float32'), ops.cast(to, 'float32'))
  const centres = ops.mul(ops.add(ops.cast(ops.add(rangeTo(count), first), 'float32'), 0.5), scale)
  return ops.min(ops.cast(ops.floor(centres), 'int64'), ops.sub(from, 1))
}

/** A part of the picture as it is: uint8 [height, width, 3] to float32 [1, channels, rows, columns]. */
export function cut(image: Value, rows: Stretch, columns: Stretch, config: ResizeConfig): Value {
  const begin = ops.concat([rows.first, columns.first], 0)
  const end = ops.add(begin, ops.concat([rows.count, columns.count], 0))
  return channelsFirst(ops.slice(image, begin, end, [0, 1]), config)
}

/** uint8 [height, width, 3] to float32 [1, channels, height, width]. */
function channelsFirst(x: Value, config: ResizeConfig): Value {
  return ops.unsqueeze(ops.transpose(samples(ops.transpose(x, [0, 2, 1]), config), [1, 0, 2]), [0])
}

/**
 * uint8 [..., 3, columns] to float32 [..., channels, columns]. Grey is Pillow's mode L, the luma of ITU-R BT.601 in 16-bit
 * fixed point; the sums stay below 2^24, so that float32 keeps them exactly.
 */
function samples(x: Value, { mean }: ResizeConfig): Value {
  const rgb = ops.cast(x, 'float32')
  if (mean.length === 3) return rgb
  const luma = x.graph.initializer('luma', 'float32', [3, 1], lumaWeights)
  const sum = ops.reduceSum(ops.mul(rgb, luma), [-2])
  return ops.floor(ops.mul(ops.add(sum, 0x8000), 2 ** -16))
}

const lumaWeights = Float32Array.of(19595, 38470, 7471)
