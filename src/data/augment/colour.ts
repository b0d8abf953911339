import { lumaOf, type RgbImage } from '../../image/index.js'
import { lookUp, tableOf } from './tables.js'

/**
 * Augmentations that blend a picture with a plainer one, as Pillow's ImageEnhance does: factor 0 gives the plain one, 1 the
 * picture itself, and more than 1 goes beyond it.
 */

/** Blends with black. */
export function brightness(image: RgbImage, factor: number): RgbImage {
  return blendWithLevel(image, 0, factor)
}

/** Blends with the mean of the picture's luma, everywhere the same. */
export function contrast(image: RgbImage, factor: number): RgbImage {
  const luma = lumaOf(image)
  const mean = luma.reduce((sum, value) => sum + value, 0) / luma.length
  return blendWithLevel(image, Math.floor(mean + 0.5), factor)
}

/** Blends with the picture in grey: Pillow's Color, torchvision's saturation. */
export function saturation(image: RgbImage, factor: number): RgbImage {
  return blend(grayscale(image), image, factor)
}

/** The picture in grey, in three equal channels. */
export function grayscale(image: RgbImage): RgbImage {
  const luma = lumaOf(image)
  const data = new Uint8Array(image.data.length)
  for (let pixel = 0, i = 0; pixel < luma.length; pixel++) {
    const value = luma[pixel]!
    data[i++] = value
    data[i++] = value
    data[i++] = value
  }
  return { ...image, data }
}

/** `plain` + factor · (`image` − `plain`), in single precision, cut off to bytes, as Pillow's Image.blend. */
export function blend(plain: RgbImage, image: RgbImage, factor: number): RgbImage {
  const alpha = Math.fround(factor)
  const data = new Uint8Array(image.data.length)
  for (let i = 0; i < data.length; i++) data[i] = blended(plain.data[i]!, image.data[i]!, alpha)
  return { ...image, data }
}

function blendWithLevel(image: RgbImage, level: number, factor: number): RgbImage {
  const alpha = Math.fround(factor)
  return lookUp(
    image,
    tableOf((value) => blended(level, value, alpha)),
  )
}

function blended(plain: number, value: number, alpha: number): number {
  const sum = Math.fround(plain + Math.fround(alpha * (value - plain)))
  return sum <= 0 ? 0 : sum >= 255 ? 255 : Math.trunc(sum)
}
