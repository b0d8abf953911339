import { float, int, ops, string, type Value } from '../onnx/index.js'
import type { Channels, PreprocessorConfig, Resample } from './preprocessor-config.js'

/** Pixels that were prepared for one model, as another model wants them. */

/** Whether pixels that are prepared for one model are right for the other as they are. */
export function samePixels(from: PreprocessorConfig, to: PreprocessorConfig): boolean {
  const { scale, offset } = changeOf(from, to)
  return (
    from.mean.length === to.mean.length &&
    order(from) === order(to) &&
    from.crop.height === to.crop.height &&
    from.crop.width === to.crop.width &&
    scale.every((factor) => Math.abs(factor - 1) < 1e-6) &&
    offset.every((term) => Math.abs(term) < 1e-6)
  )
}

/**
 * Emits the conversion: pixels [batch, channels, height, width] as `from` gives them, to what `to` would make of the same
 * crops. Channels change their order or number, all of the picture is resized, and mean and deviation become the other
 * model's. Nothing is rounded on the way, and pixels that lie outside of 0 to 255, as erased ones do, stay there.
 */
export function convertPixels(pixels: Value, from: PreprocessorConfig, to: PreprocessorConfig): Value {
  return pixels.graph.scope('convert', () => {
    const coloured = toChannels(pixels, from, to)
    const { scale, offset } = changeOf(from, to)
    return ops.add(ops.mul(resized(coloured, to), vector(pixels, scale)), vector(pixels, offset))
  })
}

/** Per channel of the result: x·scale + offset undoes the one normalisation and does the other. */
function changeOf(from: PreprocessorConfig, to: PreprocessorConfig): { scale: number[]; offset: number[] } {
  const { mean, std } = statistics(from, to)
  const unit = to.rescaleFactor / from.rescaleFactor
  return {
    scale: to.std.map((deviation, i) => (std[i]! * unit) / deviation),
    offset: to.std.map((deviation, i) => (mean[i]! * unit - to.mean[i]!) / deviation),
  }
}

/** The mean and deviation of `from`, for the channels of `to`. */
function statistics(from: PreprocessorConfig, to: PreprocessorConfig): { mean: number[]; std: number[] } {
  const { mean, std } = from
  if (to.mean.length === 1 && mean.length === 3) return { mean: [0], std: [1] }
  const turn = (values: Channels): number[] =>
    mean.length === 1 ? to.mean.map(() => values[0]) : order(from) === order(to) ? [...values] : [...values].reverse()
  return { mean: turn(mean), std: turn(std) }
}

/** The channels of `to`; where colours become grey they are not normalised any more. */
function toChannels(pixels: Value, from: PreprocessorConfig, to: PreprocessorConfig): Value {
  const { graph } = pixels
  if (from.mean.length === 1) return to.mean.length === 1 ? pixels : ops.concat([pixels, pixels, pixels], 1)
  if (to.mean.length === 1) {
    const plain = ops.add(ops.mul(pixels, vector(pixels, from.std)), vector(pixels, from.mean))
    const weights = order(from) === 'bgr' ? [...luma].reverse() : luma
    return ops.reduceSum(ops.mul(plain, vector(pixels, weights)), [1])
  }
  return order(from) === order(to) ? pixels : ops.gather(pixels, graph.constant('int64', [2, 1, 0]), 1)
}

/** Grey as ITU-R BT.601 weighs red, green and blue. */
const luma = [0.299, 0.587, 0.114]

const order = ({ channelOrder = 'rgb' }: PreprocessorConfig) => channelOrder

function resized(x: Value, { crop, resample }: PreprocessorConfig): Value {
  const [batch, channels, height, width] = x.shape
  if (height === crop.height && width === crop.width) return x
  const mode = modes[resample]
  const sizes = x.graph.constant('int64', [batch, channels, crop.height, crop.width] as number[])
  return x.graph.emit('Resize', [x, undefined, undefined, sizes], {
    mode: string(mode),
    coordinate_transformation_mode: string('half_pixel'),
    // Pillow's filters: wider where a picture shrinks, Keys' cubic with -1/2, and nothing from beyond the edge.
    ...(mode !== 'nearest' && { antialias: int(1), exclude_outside: int(1), cubic_coeff_a: float(-0.5) }),
  })[0]!
}

/** ONNX knows no Lanczos filter, and the cubic one is the nearest to it. */
const modes: Record<Resample, string> = { nearest: 'nearest', bilinear: 'linear', bicubic: 'cubic', lanczos: 'cubic' }

/** One value a channel, to go with [batch, channels, height, width]. */
const vector = ({ graph }: Value, values: readonly number[]): Value =>
  ops.reshape(graph.constant('float32', values), [1, values.length, 1, 1])
