import { UserError } from '../errors.js'
import { Random } from '../random.js'
import type { Sample } from './image-folder.js'

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
  if (!(fraction > 0 && fraction < 1)) {
    throw new UserError(`the share of pictures for validation must be between 0 and 1, not ${fraction}`)
  }
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
  return {
    train: samples.filter((sample) => !held.has(sample)),
    validation: samples.filter((sample) => held.has(sample)),
  }
}
