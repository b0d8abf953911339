import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { readDataSet, type Sample, splitAsPython, splitPerClass } from '../data/index.js'
import { UserError } from '../errors.js'
import { nodeFiles } from '../runtime/node/files.js'
import { say } from './errors.js'
import { abridge, leaveOutBroken } from './pictures.js'

export interface DataOptions {
  /** A second data set to judge by. */
  val?: string
  /** The share of every class that is kept for validation, where the data is not divided. */
  valSplit: number
  /** How that share is drawn: by our seed, or as the ONNX notes draw it in Python. */
  split: 'seeded' | 'python'
  seed: number
}

/** What to learn from and what to judge by. */
export interface TrainingData {
  train: Sample[]
  validation: Sample[]
  warnings: string[]
  /** Tells apart sets of pictures by their labels and their paths within their folder. */
  fingerprint: string
}

/** A data set whose pictures have not been looked into. */
export interface UncheckedData {
  classes: readonly string[]
  /** Leaves broken pictures out, and divides the others where they are not divided already. */
  check(): Promise<TrainingData>
}

/** Reads a data set. @throws UserError where there is none, or the validation pictures have other classes */
export async function readTrainingData(source: string, options: DataOptions): Promise<UncheckedData> {
  const { val, valSplit, split, seed } = options
  const own = await readDataSet(nodeFiles, source)
  const other = val === undefined ? undefined : await readDataSet(nodeFiles, val)
  if (other && other.classes.join('\n') !== own.classes.join('\n'))
    throw new UserError(
      `${val} has the classes ${abridge(other.classes)}, and ${source} has ${abridge(own.classes)}: make the classes of both the same`,
    )
  const { classes } = own
  const judged = other ? [...other.train, ...(other.validation ?? [])] : own.validation
  for (const warning of own.warnings) say(`warning: ${warning}`)
  const check = async (): Promise<TrainingData> => {
    const learned = await leaveOutBroken({ classes, samples: own.train })
    const checked = judged && (await leaveOutBroken({ classes, samples: judged }))
    const divide = split === 'python' ? splitAsPython : splitPerClass
    const parts = checked
      ? { train: learned.samples, validation: checked.samples }
      : divide(classes, learned.samples, valSplit, seed)
    return {
      ...parts,
      warnings: [...own.warnings, ...learned.warnings, ...(checked?.warnings ?? [])],
      fingerprint: fingerprint(classes, [source, parts.train], [val ?? source, parts.validation]),
    }
  }
  return { classes, check }
}

function fingerprint(classes: readonly string[], ...parts: [folder: string, samples: readonly Sample[]][]): string {
  const hash = createHash('sha256').update(classes.join('\n'))
  for (const [folder, samples] of parts)
    for (const { path, label } of samples) hash.update(`\n${relative(folder, path)} ${label}`)
  return hash.digest('hex').slice(0, 16)
}
