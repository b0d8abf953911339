import type { RgbImage } from './decode.js'
import type { PreprocessorConfig } from './preprocessor-config.js'
import { mirrored, nearestWeights, resizeAxis, resizeWeights } from './resize-bytes.js'

/** A rectangle of a picture, in pixels. */
export interface Crop {
  top: number
  left: number
  height: number
  width: number
}

/**
 * A part of a picture, resized to the model's input and mirrored where `flip` is set, for training. Byte for byte what
 * Pillow gives, or what PyTorch does for bytes where the config says so. TensorFlow's way is rounded to bytes, too, which
 * in pictures that are changed by chance is no matter. Not as a graph, since it works on pictures one after another and
 * the cores are training: loops over bytes take half of the time.
 */
export function cropPicture(image: RgbImage, crop: Crop, flip: boolean, config: PreprocessorConfig): RgbImage {
  const { height, width } = config.crop
  const weigh = (from: number, to: number) =>
    config.resample === 'nearest' ? nearestWeights(from, to) : resizeWeights(from, to, config.resample, config.resizer)
  const rows = weigh(crop.height, height)
  const columns = flip ? mirrored(weigh(crop.width, width)) : weigh(crop.width, width)
  const line = image.width * 3
  const offset = crop.top * line + crop.left * 3
  // Lines are resized column by column, or columns of whole lines row by row.
  const across = (data: Uint8Array, outer: number, outerStride: number, offset = 0) =>
    resizeAxis(data, { offset, outer, outerStride, stride: 3, inner: 3 }, columns)
  const down = (data: Uint8Array, inner: number, stride: number, offset = 0) =>
    resizeAxis(data, { offset, outer: 1, outerStride: 0, stride, inner }, rows)
  const data = heightsComeFirst(crop, config)
    ? across(down(image.data, crop.width * 3, line, offset), height, crop.width * 3)
    : down(across(image.data, crop.height, line, offset), width * 3, width * 3)
  return { height, width, data }
}

/** Pillow's choice since version 13: heights first where they shrink by more than twice what widths do. */
function heightsComeFirst(from: Crop, { crop: to, resizer = 'pillow' }: PreprocessorConfig): boolean {
  const lost = from.height - to.height
  return resizer === 'pillow' && lost > 0 && lost > 2 * (from.width - to.width)
}
