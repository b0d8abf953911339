import { UserError } from '../errors.js'
import { Random } from '../random.js'
import type { Sample } from './image-folder.js'
import { PythonRandom } from './mersenne-twister.js'

/**
 * Sets ⌊fraction · n⌋ pictures of each class aside for validation, at least one and not all, drawn by chance. The draw
 * of a class depends on the seed and its name only, not on the other classes. Both parts keep the order of `samples`.
 * @throws UserError where a class has a single picture
 */
export function splitPerClass(
  classes: readonly string[],
  samples: readonly Sample[],
  fraction: number,
  seed: number,
): { train: Sample[]; validation: Sample[] } {
  requireShare(fraction)
  const held = new Set<Sample>()
  for (const [label, name] of classes.entries()) {
    const members = samples.filter((sample) => sample.label === label)
    if (members.length === 1) {
      throw new UserError(
        `class "${name}" has a single picture, ${members[0]!.path}: add more, since one is set aside for validation`,
      )
    }
    const count = Math.min(Math.max(1, Math.floor(members.length * fraction)), members.length - 1)
    for (const sample of new Random(seed, 'split', name).shuffle(members).slice(0, count)) held.add(sample)
  }
  return divide(samples, held)
}

/**
 * The split of WZM's Vision Transformer training (the PyTorch code of the ONNX tutorial): with Python's generator seeded
 * once, `random.sample(pictures, int(fraction · n))` of each class in turn is the validation part. Classes and pictures
 * have to come sorted, as `readImageFolder` gives them. Both parts keep the order of `samples`.
 * @throws UserError where a class is too small to give a picture, or the share is none
 */
export function splitAsPython(
  classes: readonly string[],
  samples: readonly Sample[],
  fraction = 0.2,
  seed = 0,
): { train: Sample[]; validation: Sample[] } {
  requireShare(fraction)
  const random = new PythonRandom(seed)
  const drawn = classes.flatMap((name, label) => {
    const members = samples.filter((sample) => sample.label === label)
    const count = Math.floor(members.length * fraction)
    if (count === 0)
      throw new UserError(
        `class "${name}" has ${members.length} pictures, of which a share of ${fraction} is none: add more, or set a larger share aside for validation`,
      )
    return random.sample(members, count)
  })
  return divide(samples, new Set(drawn))
}

function requireShare(fraction: number) {
  if (!(fraction > 0 && fraction < 1))
    throw new UserError(`the share of pictures for validation must be between 0 and 1, not ${fraction}`)
}

function divide(samples: readonly Sample[], held: ReadonlySet<Sample>): { train: Sample[]; validation: Sample[] } {
  return {
    train: samples.filter((sample) => !held.has(sample)),
    validation: samples.filter((sample) => held.has(sample)),
  }
}
