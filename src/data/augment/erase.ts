import type { Crop } from '../../image/index.js'
import type { Random } from '../../random.js'

/** Random erasing: its chance, and what a part is replaced by: zeros, one normal draw a channel, or one a value. */
export interface Erasing {
  probability: number
  mode: 'const' | 'rand' | 'pixel'
}

/**
 * Erases a part of normalised pixels, float32 [channels, height, width], in their place, or nothing. Random erasing (Zhong
 * et al., 2017) as timm has it: the part is 2 % to a third of the area, its aspect log-uniform from 0.3 to 1/0.3.
 */
export function erase(
  random: Random,
  pixels: Float32Array,
  [channels, height, width]: readonly [number, number, number],
  { probability, mode }: Erasing,
): void {
  if (random.uniform() >= probability) return
  const box = drawBox(random, height, width)
  if (!box) return
  for (let channel = 0; channel < channels; channel++) {
    const value = mode === 'rand' ? random.normal() : 0
    for (let y = box.top; y < box.top + box.height; y++) {
      const start = (channel * height + y) * width + box.left
      const row = pixels.subarray(start, start + box.width)
      if (mode === 'pixel') for (let x = 0; x < row.length; x++) row[x] = random.normal()
      else row.fill(value)
    }
  }
}

/** A rectangle smaller than the picture, or undefined where ten draws gave none. */
function drawBox(random: Random, height: number, width: number): Crop | undefined {
  for (let attempt = 0; attempt < 10; attempt++) {
    const area = height * width * random.uniform(0.02, 1 / 3)
    const aspect = Math.exp(random.uniform(Math.log(0.3), -Math.log(0.3)))
    const size = { height: Math.round(Math.sqrt(area * aspect)), width: Math.round(Math.sqrt(area / aspect)) }
    if (size.height < height && size.width < width)
      return { top: random.integer(height - size.height + 1), left: random.integer(width - size.width + 1), ...size }
  }
  return undefined
}
