import { ops, type Value } from '../onnx/index.js'
import type { Resize } from './preprocessor-config.js'

/** A height and a width, int64 [1] each. */
export interface SizeValues {
  height: Value
  width: Value
}

/** The size that a picture is resized to, before it is cropped; at least one pixel. */
export function targetSize({ height, width }: SizeValues, target: Resize): SizeValues {
  const fixed = (size: number) => height.graph.constant('int64', [size])
  if ('shortestEdge' in target) {
    // As torchvision and transformers: the long side becomes ⌊shortest edge · long / short⌋.
    const short = ops.min(height, width)
    const scaled = (edge: Value) => ops.div(ops.mul(edge, target.shortestEdge), short)
    return { height: scaled(height), width: scaled(width) }
  }
  if (!('fit' in target)) return { height: fixed(target.height), width: fixed(target.width) }
  if (target.fit === 'none') return { height, width }

  // In float64 and in the libraries' own order, since a last bit may decide where this is rounded to.
  const { fit, rounding } = target
  const [ownHeight, ownWidth] = [ops.cast(height, 'float64'), ops.cast(width, 'float64')]
  const whole = (x: Value) => ops.max(ops.cast(x, 'int64'), 1)
  if (rounding === 'floor') {
    const [up, across] = [ops.div(target.height, ownHeight), ops.div(target.width, ownWidth)]
    const scale = fit === 'inside' ? ops.min(up, across) : ops.max(up, across)
    return { height: whole(ops.mul(ownHeight, scale)), width: whole(ops.mul(ownWidth, scale)) }
  }
  const [down, inward] = [ops.div(ownHeight, target.height), ops.div(ownWidth, target.width)]
  const ratio = fit === 'inside' ? ops.max(down, inward) : ops.min(down, inward)
  return { height: whole(ops.round(ops.div(ownHeight, ratio))), width: whole(ops.round(ops.div(ownWidth, ratio))) }
}
