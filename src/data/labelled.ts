import { UserError } from '../errors.js'
import type { Sample } from './image-folder.js'

/** Pictures to learn from and to judge by; `classes[sample.label]` is the name of a sample's class. */
export interface DataSet {
  classes: string[]
  train: Sample[]
  /** None where the source does not tell its parts apart. */
  validation: Sample[] | undefined
  /** What is odd about the data but does not keep it from being used, a sentence each. */
  warnings: string[]
}

/** What data sets call the part to judge by, the most usual first; that of a lower place is left out beside another. */
export const validationNames = ['val', 'valid', 'validation', 'test'] as const

/** A picture whose class is known by its name. */
export interface NamedSample {
  path: string
  className: string
}

/**
 * Numbers the classes, sorted by UTF-16 code unit, and checks that both parts have the same ones.
 * @throws UserError, naming the source, where a class is in one part only, or there is a single one
 */
export function toDataSet(
  source: string,
  train: readonly NamedSample[],
  validation: readonly NamedSample[] | undefined,
  warnings: readonly string[],
): DataSet {
  const classes = classesOf(train)
  if (validation) requireSameClasses(source, new Set(classes), new Set(classesOf(validation)))
  if (classes.length === 1)
    throw new UserError(`${source} has the single class "${classes[0]}": add pictures of another to tell apart`)
  const labels = new Map(classes.map((name, label) => [name, label]))
  const number = ({ path, className }: NamedSample): Sample => ({ path, label: labels.get(className)! })
  const samples = train.map(number)
  const imbalance = imbalanceOf(classes, samples)
  return {
    classes,
    train: samples,
    validation: validation?.map(number),
    warnings: [...warnings, ...(imbalance ? [imbalance] : [])],
  }
}

const classesOf = (samples: readonly NamedSample[]) => [...new Set(samples.map((sample) => sample.className))].sort()

function requireSameClasses(source: string, train: ReadonlySet<string>, validation: ReadonlySet<string>): void {
  const [unseen] = [...validation].filter((name) => !train.has(name))
  if (unseen !== undefined)
    throw new UserError(
      `${source} has the class "${unseen}" among the validation pictures alone: add some to the training pictures, or leave it out`,
    )
  const [unjudged] = [...train].filter((name) => !validation.has(name))
  if (unjudged !== undefined)
    throw new UserError(
      `${source} has the class "${unjudged}" among the training pictures alone: add some to the validation pictures, or leave it out`,
    )
}

/** The number of samples of each class. */
export function countPerClass(classes: readonly string[], samples: readonly Sample[]): number[] {
  const counts = classes.map(() => 0)
  for (const { label } of samples) counts[label]!++
  return counts
}

/** Above this quotient of the largest class and the smallest one, accuracy says little about the small ones. */
const largestImbalance = 10

/** A sentence that names the largest and the smallest class, where the first has over 10 times as many samples. */
export function imbalanceOf(classes: readonly string[], samples: readonly Sample[]): string | undefined {
  const counts = countPerClass(classes, samples)
  const most = counts.indexOf(Math.max(...counts))
  const least = counts.indexOf(Math.min(...counts))
  if (!(counts[most]! > largestImbalance * counts[least]!)) return undefined
  return `the classes are uneven: "${classes[most]}" has ${counts[most]} training pictures and "${classes[least]}" ${counts[least]}; class weights or more pictures help`
}
