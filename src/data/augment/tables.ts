import type { RgbImage } from '../../image/index.js'

/** Augmentations that map each byte on its own: one table of 256 bytes for all channels, or one a channel. */

/** Negative. Pillow's ImageOps.invert. */
export const invert = (image: RgbImage): RgbImage =>
  lookUp(
    image,
    tableOf((value) => 255 - value),
  )

/** Inverts bytes from `threshold` (0 to 256) on. Pillow's ImageOps.solarize. */
export function solarize(image: RgbImage, threshold: number): RgbImage {
  return lookUp(
    image,
    tableOf((value) => (value < threshold ? value : 255 - value)),
  )
}

/** Adds `amount` to bytes below 128, at most to 255. timm's SolarizeAdd. */
export function solarizeAdd(image: RgbImage, amount: number): RgbImage {
  return lookUp(
    image,
    tableOf((value) => (value < 128 ? Math.min(255, value + amount) : value)),
  )
}

/** Keeps the upper `bits` (0 to 8) of each byte. Pillow's ImageOps.posterize, and black for none. */
export function posterize(image: RgbImage, bits: number): RgbImage {
  const mask = 256 - 2 ** (8 - bits)
  return lookUp(
    image,
    tableOf((value) => value & mask),
  )
}

/** Stretches each channel so that its darkest byte becomes 0 and its lightest 255. Pillow's ImageOps.autocontrast. */
export function autocontrast(image: RgbImage): RgbImage {
  return mapChannels(image, (counts) => {
    const low = counts.findIndex((count) => count > 0)
    const high = counts.findLastIndex((count) => count > 0)
    if (high <= low) return identity
    const scale = 255 / (high - low)
    const offset = -low * scale
    return tableOf((value) => Math.min(255, Math.max(0, Math.trunc(value * scale + offset))))
  })
}

/** Spreads the bytes of each channel evenly. Pillow's ImageOps.equalize. */
export function equalize(image: RgbImage): RgbImage {
  return mapChannels(image, (counts) => {
    const last = counts.findLast((count) => count > 0) ?? 0
    const step = Math.floor((image.width * image.height - last) / 255)
    if (step === 0) return identity
    let below = Math.floor(step / 2)
    return tableOf((value) => {
      const level = Math.min(255, Math.floor(below / step))
      below += counts[value]!
      return level
    })
  })
}

/** The 256 bytes that `map` gives for 0 to 255, called in this order. */
export function tableOf(map: (value: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, value) => map(value))
}

/** Replaces each byte by its entry in the table of its channel. */
export function lookUp(
  { width, height, data }: RgbImage,
  red: Uint8Array,
  green: Uint8Array = red,
  blue: Uint8Array = red,
): RgbImage {
  const result = new Uint8Array(data.length)
  for (let i = 0; i < data.length; i += 3) {
    result[i] = red[data[i]!]!
    result[i + 1] = green[data[i + 1]!]!
    result[i + 2] = blue[data[i + 2]!]!
  }
  return { width, height, data: result }
}

const identity = tableOf((value) => value)

/** Replaces bytes by the table that `tableFor` gives for a channel, of which it is told how often each byte occurs. */
function mapChannels(image: RgbImage, tableFor: (counts: Uint32Array) => Uint8Array): RgbImage {
  const [red, green, blue] = [new Uint32Array(256), new Uint32Array(256), new Uint32Array(256)]
  const { data } = image
  for (let i = 0; i < data.length; i += 3) {
    red[data[i]!]!++
    green[data[i + 1]!]!++
    blue[data[i + 2]!]!++
  }
  return lookUp(image, tableFor(red), tableFor(green), tableFor(blue))
}
