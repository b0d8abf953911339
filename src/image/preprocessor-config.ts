import { UserError } from '../errors.js'

/**
 * How a picture becomes a model's input: resize, crop, rescale, normalise each channel. What is optional is where the
 * libraries differ; left out, it is as with Pillow pictures in torchvision and timm.
 */
export interface PreprocessorConfig {
  /** The target of the resizing. */
  resize: Resize
  /** The filter of the resizing, as Pillow defines it. */
  resample: Resample
  /**
   * Whose resizing. `pillow`: rounded to bytes after each pass, heights first where they shrink by far more than widths
   * (Pillow 13; older ones always take widths first, which tells only in such pictures). `torch`: widths first and 16-bit
   * weights, as PyTorch resizes tensors of bytes, which is what transformers 5 does. `tensorflow`: neither widened
   * filters when shrinking nor rounding, as tf.image.resize.
   */
  resizer?: 'pillow' | 'torch' | 'tensorflow'
  /** The size of the model's input. */
  crop: Size
  /**
   * Which part of the resized picture it shows. `centre`: the middle, half pixels rounded to even (torchvision, timm);
   * `centreFloor`: rounded down (transformers); `corner`: the picture stands in the upper left corner; `none`: the
   * picture has to have that size already.
   */
  align?: 'centre' | 'centreFloor' | 'corner' | 'none'
  /** The colour in bytes, before normalising, of what the picture does not cover; black if left out. */
  fill?: Channels
  /** The order of the channels that the model, `mean` and `std` go by; `rgb` if left out. */
  channelOrder?: 'rgb' | 'bgr'
  /** Bytes are multiplied by it before they are normalised. */
  rescaleFactor: number
  /** One value a channel. With one alone the picture becomes grey first, as Pillow's mode L. */
  mean: Channels
  std: Channels
}

export interface Size {
  height: number
  width: number
}

/**
 * Both sides (the aspect is lost); the short side, with the aspect kept; the aspect kept such that the picture just fits
 * inside a rectangle or just covers it, sizes rounded to the nearest or down; or no resizing, of pictures that mostly
 * have that size.
 */
export type Resize =
  | Size
  | { shortestEdge: number }
  | (Size & { fit: 'inside' | 'cover'; rounding: 'round' | 'floor' })
  | (Size & { fit: 'none' })

export type Resample = 'nearest' | 'bilinear' | 'bicubic' | 'lanczos'
export type Channels = [red: number, green: number, blue: number] | [grey: number]

/** The evaluation preprocessing of timm's ViTs for square inputs: the short side to size / 0.9, bicubic, to [-1, 1]. */
export function defaultPreprocessor(imageSize: number): PreprocessorConfig {
  return {
    resize: { shortestEdge: Math.floor(imageSize / 0.9) },
    resample: 'bicubic',
    crop: { height: imageSize, width: imageSize },
    rescaleFactor: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }
}

/** Whether a picture may come out of the resizing smaller than the model's input. */
export function paddingNeeded({ resize, crop, align }: PreprocessorConfig): boolean {
  if ('fit' in resize && resize.fit !== 'cover') return align !== 'none'
  const { height, width } =
    'shortestEdge' in resize ? { height: resize.shortestEdge, width: resize.shortestEdge } : resize
  return crop.height > height || crop.width > width
}

/** The config without what is as when left out. */
export function tidy({ resizer, align, fill, channelOrder, ...config }: PreprocessorConfig): PreprocessorConfig {
  return {
    ...config,
    ...(resizer && resizer !== 'pillow' && { resizer }),
    ...(align && align !== 'centre' && { align }),
    ...(fill?.some((value) => value !== 0) && { fill }),
    ...(channelOrder === 'bgr' && { channelOrder }),
  }
}

/** The same preprocessing for pictures of another size: the part of them that is shown stays the same. */
export function preprocessorOfSize(config: PreprocessorConfig, imageSize: number): PreprocessorConfig {
  const { resize, crop } = config
  const scale = (length: number) => Math.floor((length * imageSize) / Math.min(crop.height, crop.width))
  return {
    ...config,
    resize:
      'shortestEdge' in resize
        ? { shortestEdge: scale(resize.shortestEdge) }
        : { ...resize, height: scale(resize.height), width: scale(resize.width) },
    crop: { height: scale(crop.height), width: scale(crop.width) },
  }
}

/**
 * The same preprocessing for a model of so many input channels: one channel gets the mean of what three have.
 * @throws UserError where pictures do not have such channels
 */
export function preprocessorOfChannels(config: PreprocessorConfig, inChannels: number): PreprocessorConfig {
  if (inChannels === config.mean.length) return config
  if (inChannels !== 1 && inChannels !== 3)
    throw new UserError(
      `the model takes ${inChannels} channels, and pictures have 3, or 1 in grey: feed it prepared pixels`,
    )
  const convert = (values: Channels): Channels =>
    inChannels === 1
      ? [values.reduce((sum, value) => sum + value, 0) / values.length]
      : [values[0], values[0], values[0]]
  const { mean, std, fill } = config
  return { ...config, mean: convert(mean), std: convert(std), ...(fill && { fill: convert(fill) }) }
}
