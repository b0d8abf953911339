import type { Sample } from './image-folder.js'

/**
 * What is odd about pictures that are there more than once, a sentence each: in both parts, or in two classes.
 * `digests` has the content of a file by its path.
 */
export function warnOfCopies(
  classes: readonly string[],
  { train, validation }: { train: readonly Sample[]; validation: readonly Sample[] },
  digests: ReadonlyMap<string, string>,
): string[] {
  const digest = ({ path }: Sample) => digests.get(path)!
  const learned = new Map(train.map((sample) => [digest(sample), sample]))
  const leaked = validation.filter((sample) => learned.has(digest(sample)))
  const warnings: string[] = []
  if (leaked.length > 0) {
    const [first] = leaked as [Sample]
    const twin = learned.get(digest(first))!.path
    const copy = twin === first.path ? '' : `, a copy of ${twin}`
    warnings.push(
      `${count(leaked.length, 'validation picture')} ${areOrIs(leaked.length)} among the training pictures too, the first being ${first.path}${copy}: the model is judged by what it has seen`,
    )
  }
  const twins = contradictions([...train, ...validation], digest)
  if (twins.length > 0) {
    const [[a, b]] = twins as [[Sample, Sample]]
    warnings.push(
      `${count(twins.length, 'picture')} ${areOrIs(twins.length)} in two classes, the first being ${a.path} in "${classes[a.label]}" and ${b.path} in "${classes[b.label]}"`,
    )
  }
  return warnings
}

/** Pictures with a copy of another label before them. */
function contradictions(samples: readonly Sample[], digest: (sample: Sample) => string): [Sample, Sample][] {
  const first = new Map<string, Sample>()
  return samples.flatMap((sample): [Sample, Sample][] => {
    const earlier = first.get(digest(sample))
    if (!earlier) first.set(digest(sample), sample)
    return earlier && earlier.label !== sample.label ? [[earlier, sample]] : []
  })
}

const count = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`
const areOrIs = (n: number) => (n === 1 ? 'is' : 'are')
