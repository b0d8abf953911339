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

/** What data sets call the part to learn from. */
export const trainNames = ['train', 'training'] as const

/** What data sets call the part to judge by, the most usual first; that of a lower place is left out beside another. */
export const validationNames = ['val', 'valid', 'validation', 'test'] as const

/** A picture whose class is known by its name. */
export interface NamedSample {
  path: string
  className: string
}

/** A data set as its source tells it, before its classes have numbers. */
export interface NamedParts {
  train: NamedSample[]
  validation: NamedSample[] | undefined
  warnings: string[]
}

/**
 * Numbers the classes, sorted by UTF-16 code unit. Those that cannot be judged are told among the warnings.
 * @throws UserError, naming the source, where a class cannot be learned, or there is a single one
 */
export function toDataSet(
  source: string,
  { train, validation, warnings }: NamedParts,
  judgedSource: string = source,
): DataSet {
  const classes = classesOf(train)
  const judged = validation && classesOf(validation)
  if (judged) requireLearned(classes, judged, source, judgedSource)
  if (classes.length === 1)
    throw new UserError(`${source} has the single class "${classes[0]}": add pictures of another to tell apart`)
  const labels = new Map(classes.map((name, label) => [name, label]))
  const number = ({ path, className }: NamedSample): Sample => ({ path, label: labels.get(className)! })
  const samples = train.map(number)
  const imbalance = imbalanceOf(classes, samples)
  const unjudged = judged && unjudgedOf(classes, judged, judgedSource)
  return {
    classes,
    train: samples,
    validation: validation?.map(number),
    warnings: [...warnings, ...oddNames(classes), ...[unjudged, imbalance].filter((text) => text !== undefined)],
  }
}

const classesOf = (samples: readonly NamedSample[]) => [...new Set(samples.map((sample) => sample.className))].sort()

function requireLearned(learned: string[], judged: string[], source: string, judgedSource: string): void {
  const known = new Set(learned)
  const unseen = judged.filter((name) => !known.has(name))
  if (unseen.length > 0)
    throw new UserError(
      `${judgedSource} has the ${classesAre(unseen)} among the validation pictures alone, and the classes of ${source} to learn are ${quoted(learned)}: add such pictures to learn from, or leave them out`,
    )
}

function unjudgedOf(learned: string[], judged: string[], source: string): string | undefined {
  const known = new Set(judged)
  const without = learned.filter((name) => !known.has(name))
  return without.length === 0
    ? undefined
    : `${source} has no validation pictures of the ${classesAre(without)}: how well ${without.length === 1 ? 'it is' : 'they are'} learned is not judged`
}

/** What looks like a mistake in the names of classes: two that differ in capitals alone, or numbers beside names. */
function oddNames(classes: readonly string[]): string[] {
  const warnings: string[] = []
  const byLowerCase = new Map<string, string>()
  for (const name of classes) {
    const twin = byLowerCase.get(name.toLowerCase())
    if (twin !== undefined) warnings.push(`the classes "${twin}" and "${name}" differ in capitals alone`)
    byLowerCase.set(name.toLowerCase(), name)
  }
  const isNumber = (name: string) => /^\d+$/.test(name)
  const [number, word] = [classes.find(isNumber), classes.find((name) => !isNumber(name))]
  if (number !== undefined && word !== undefined)
    warnings.push(`some classes are numbers, such as "${number}", and others are names, such as "${word}"`)
  return warnings
}

const classesAre = (names: readonly string[]) => `${names.length === 1 ? 'class' : 'classes'} ${quoted(names)}`

/** Names for a message, the first few of many. */
const quoted = (names: readonly string[]) =>
  `${names
    .slice(0, 8)
    .map((name) => `"${name}"`)
    .join(', ')}${names.length > 8 ? `, … (${names.length})` : ''}`

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
