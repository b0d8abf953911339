import type { RgbImage } from '../../image/index.js'
import type { Random } from '../../random.js'
import { gaussianBlur } from './blur.js'
import { brightness, contrast, grayscale, saturation } from './colour.js'
import { hue } from './hue.js'
import { solarize } from './tables.js'

/** How far colours are moved: factors are uniform from 1 − value to 1 + value, the hue's shift from −value to value. */
export interface ColourJitter {
  brightness?: number
  contrast?: number
  saturation?: number
  /** In whole turns, at most 0.5. */
  hue?: number
}

/** torchvision's ColorJitter: those operations that are asked for, in random order. */
export function colourJitter(random: Random, image: RgbImage, strength: ColourJitter): RgbImage {
  const factor = (value: number) => random.uniform(Math.max(0, 1 - value), 1 + value)
  const steps: ((image: RgbImage) => RgbImage)[] = []
  const add = (value: number | undefined, operation: typeof brightness, draw = factor) => {
    if (!value) return
    const parameter = draw(value)
    steps.push((from) => operation(from, parameter))
  }
  add(strength.brightness, brightness)
  add(strength.contrast, contrast)
  add(strength.saturation, saturation)
  add(strength.hue, hue, (value) => random.uniform(-value, value))
  return random.shuffle(steps).reduce((from, step) => step(from), image)
}

/** DeiT III's 3-Augment without its colour jitter (Touvron et al., 2022): grey, solarised or blurred. */
export function threeAugment(random: Random, image: RgbImage): RgbImage {
  const kind = random.integer(3)
  if (kind === 0) return grayscale(image)
  return kind === 1 ? solarize(image, 128) : gaussianBlur(image, random.uniform(0.1, 2))
}
