import { UserError } from '../../errors.js'
import type { PreprocessorConfig, RgbImage } from '../../image/index.js'
import type { Random } from '../../random.js'
import type { Sampling } from './affine.js'
import type { Erasing } from './erase.js'
import { type ColourJitter, colourJitter, threeAugment } from './jitter.js'
import { parseRandAugment, randAugment } from './rand-augment.js'

/**
 * How training pictures are changed by chance, in the order of timm's create_transform: cropped and mirrored, then their
 * colours and shapes, then normalised, then a part erased.
 */
export interface Augmentation {
  /** The smallest and largest share of a picture's area that a crop shows. 0.08 to 1 unless given. */
  cropScale?: [number, number]
  /** The chance that a picture is mirrored, 0.5 unless given. */
  flip?: number
  colourJitter?: ColourJitter
  /** timm's string, such as `rand-m9-mstd0.5-inc1`. Colour jitter is left out beside it, as timm does. */
  randAugment?: string
  /** DeiT III's: grey, solarised or blurred, then colour jitter. */
  threeAugment?: boolean
  erasing?: Erasing
  /** How often each picture of an epoch comes in a row, each time augmented anew (see `trainingOrder`). */
  repeats?: number
}

/** @throws UserError for what contradicts itself or cannot be */
export function checkAugmentation(augmentation: Augmentation): void {
  const { cropScale, flip = 0, erasing, repeats = 1, colourJitter: jitter = {} } = augmentation
  if (augmentation.randAugment !== undefined) parseRandAugment(augmentation.randAugment)
  if (augmentation.randAugment !== undefined && augmentation.threeAugment)
    throw new UserError('RandAugment and three-augment are two ways to the same end: choose one of them')
  if (cropScale && !(cropScale[0] > 0 && cropScale[0] <= cropScale[1] && cropScale[1] <= 1))
    throw new UserError(
      `crops of ${cropScale.join(' to ')} of a picture's area cannot be: give shares in (0, 1], smallest first`,
    )
  for (const [name, chance] of Object.entries({
    'mirroring pictures': flip,
    'random erasing': erasing?.probability ?? 0,
  }))
    if (!(chance >= 0 && chance <= 1))
      throw new UserError(`the chance of ${name} is ${chance}: give a number from 0 to 1`)
  if (!(repeats >= 1)) throw new UserError(`pictures cannot be repeated ${repeats} times: give 1 or more`)
  for (const [name, value] of Object.entries(jitter))
    if (!(value >= 0 && (name !== 'hue' || value <= 0.5)))
      throw new UserError(`the ${name} of colour jitter is ${value}: give 0 or more, and at most 0.5 for the hue`)
}

/** Changes colours and shapes of a cropped picture as the policy says, by draws from `random`. */
export function augmentPixels(random: Random, image: RgbImage, policy: Augmentation, fill: Sampling['fill']): RgbImage {
  if (policy.randAugment !== undefined) return randAugment(random, image, parseRandAugment(policy.randAugment), fill)
  const changed = policy.threeAugment ? threeAugment(random, image) : image
  return policy.colourJitter ? colourJitter(random, changed, policy.colourJitter) : changed
}

/** The colour that becomes zero by normalising, as bytes: what timm fills with. */
export function meanColour({ mean, rescaleFactor, channelOrder }: PreprocessorConfig): Sampling['fill'] {
  const [first, second = first, third = first] = mean.map((value) => Math.min(255, Math.round(value / rescaleFactor)))
  return channelOrder === 'bgr' ? [third!, second!, first!] : [first!, second!, third!]
}

/**
 * The order of an epoch's samples with repeated augmentation (Hoffer et al., "Augment your batch", 2019), from shuffled
 * ones: each comes `repeats` times in a row, and those that no longer fit are left out, so that an epoch is as long as
 * ever. timm's RepeatAugSampler with one process, less its rounding to 256 samples.
 */
export function trainingOrder<T>(shuffled: readonly T[], repeats = 1): T[] {
  return shuffled.map((_, i) => shuffled[Math.floor(i / repeats)]!)
}
