import { UserError } from '../../errors.js'
import type { RgbImage } from '../../image/index.js'
import type { Random } from '../../random.js'
import { rotate, type Sampling, shearX, shearY, translateX, translateY } from './affine.js'
import { sharpness } from './blur.js'
import { brightness, contrast, saturation } from './colour.js'
import { autocontrast, equalize, invert, posterize, solarize, solarizeAdd } from './tables.js'

/** What a string as `rand-m9-mstd0.5-inc1` says. */
export interface RandAugment {
  /** `m`: how strong the operations are, 0 to `largest`. */
  magnitude: number
  /** `n`: operations drawn a picture. */
  operations: number
  /** `p`: the chance of each drawn operation to be carried out. */
  probability: number
  /** `mstd`: the standard deviation of the magnitude, which above 100 is uniform from 0 to `magnitude`. */
  deviation: number
  /** `mmax`: the largest magnitude. */
  largest: number
  /** `inc`: whether all operations grow with the magnitude, as they should; of the older ones some shrink. */
  increasing: boolean
}

const settings: Record<string, keyof RandAugment> = {
  m: 'magnitude',
  n: 'operations',
  p: 'probability',
  mstd: 'deviation',
  mmax: 'largest',
}

/** Reads timm's way to write RandAugment: `rand`, then settings with a dash each. @throws UserError for what is no such string */
export function parseRandAugment(text: string): RandAugment {
  const [name, ...sections] = text.split('-')
  const result: RandAugment = {
    magnitude: 10,
    operations: 2,
    probability: 0.5,
    deviation: 0,
    largest: 10,
    increasing: false,
  }
  if (name !== 'rand') throw unknown(text, `it begins with "${name}"`)
  for (const section of sections) {
    const [, key, digits] = /^([a-z]+)(\d+(?:\.\d+)?)$/.exec(section) ?? []
    const value = Number(digits)
    const setting = key !== undefined && Object.hasOwn(settings, key) && settings[key]
    if (key === 'inc' && (value === 0 || value === 1)) result.increasing = value === 1
    else if (setting && setting !== 'increasing') result[setting] = value
    else throw unknown(text, `"${section}" is none of its settings`)
  }
  if (!Number.isInteger(result.operations)) throw unknown(text, 'n is no whole number')
  if (result.probability > 1) throw unknown(text, 'p is above 1')
  return result
}

function unknown(text: string, why: string): UserError {
  return new UserError(`cannot read the RandAugment "${text}", ${why}: write it like rand-m9-mstd0.5-inc1`)
}

/**
 * RandAugment (Cubuk et al., 2019) as timm has it: a few operations drawn with replacement, each carried out by chance and
 * at a magnitude of its own. `fill` is the colour of what comes in from outside the picture.
 */
export function randAugment(random: Random, image: RgbImage, policy: RandAugment, fill: Sampling['fill']): RgbImage {
  const drawn = Array.from({ length: policy.operations }, () => random.pick(operationNames))
  for (const name of drawn) {
    if (random.uniform() >= policy.probability) continue
    const parameter = drawParameter(random, name, policy)
    const sampling = { resample: random.pick(['bilinear', 'bicubic'] as const), fill }
    image = operations[name](image, parameter, sampling)
  }
  return image
}

const operations = {
  autocontrast,
  equalize,
  invert,
  rotate,
  posterize,
  solarize,
  solarizeAdd,
  saturation,
  contrast,
  brightness,
  sharpness,
  shearX,
  shearY,
  translateX,
  translateY,
} satisfies Record<string, (image: RgbImage, parameter: number, sampling: Sampling) => RgbImage>

export type OperationName = keyof typeof operations

const operationNames = Object.keys(operations) as OperationName[]

/** Draws the parameter of an operation: degrees, factor, bits and so on. Those that need none get the level. */
export function drawParameter(random: Random, name: OperationName, policy: RandAugment): number {
  const level = drawMagnitude(random, policy) / 10
  const either = (value: number) => (random.uniform() < 0.5 ? -value : value)
  const { increasing } = policy
  switch (name) {
    case 'rotate':
      return either(level * 30)
    case 'shearX':
    case 'shearY':
      return either(level * 0.3)
    case 'translateX':
    case 'translateY':
      return either(level * 0.45)
    case 'posterize':
      // Older versions of Pillow made a picture of no bits black; timm does not guard against newer ones.
      return increasing ? 4 - Math.trunc(level * 4) : Math.trunc(level * 4)
    case 'solarize': {
      const threshold = Math.min(256, Math.trunc(level * 256))
      return increasing ? 256 - threshold : threshold
    }
    case 'solarizeAdd':
      return Math.min(128, Math.trunc(level * 110))
    case 'saturation':
    case 'contrast':
    case 'brightness':
    case 'sharpness':
      return increasing ? Math.max(0.1, 1 + either(level * 0.9)) : level * 1.8 + 0.1
    default:
      return level
  }
}

function drawMagnitude(random: Random, { magnitude, deviation, largest }: RandAugment): number {
  const drawn =
    deviation > 100 ? random.uniform(0, magnitude) : deviation > 0 ? random.normal(magnitude, deviation) : magnitude
  return Math.max(0, Math.min(drawn, largest))
}
