import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { readDataSet, type Sample, splitAsPython, splitPerClass, warnOfCopies } from '../data/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { classesKey, type RunIdentity } from '../train/index.js'
import { say } from './errors.js'
import { leaveOutBroken } from './pictures.js'

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
  /** How many classes and pictures there are. */
  counts: string
  /** Tells apart data sets by their classes, by labels and paths within their folder, and by the content of the files. */
  identity: RunIdentity
}

/** A data set whose pictures have not been looked into. */
export interface UncheckedData {
  classes: readonly string[]
  /** Leaves broken pictures out, and divides the others where they are not divided already. */
  check(): Promise<TrainingData>
}

/** Reads a data set. @throws UserError where there is none, or the validation pictures have classes of their own */
export async function readTrainingData(source: string, options: DataOptions): Promise<UncheckedData> {
  const { val, valSplit, split, seed } = options
  const { classes, train, validation, warnings } = await readDataSet(nodeFiles, source, val)
  for (const warning of warnings) say(`warning: ${warning}`)
  const check = async (): Promise<TrainingData> => {
    const learned = await leaveOutBroken({ classes, samples: train })
    const checked = validation && (await leaveOutBroken({ classes, samples: validation }))
    const divide = split === 'python' ? splitAsPython : splitPerClass
    const parts = checked
      ? { train: learned.samples, validation: checked.samples }
      : divide(classes, learned.samples, valSplit, seed)
    const digests = new Map([...learned.digests, ...(checked?.digests ?? [])])
    const copies = warnOfCopies(classes, parts, digests)
    for (const warning of copies) say(`warning: ${warning}`)
    const counts = `${classes.length} classes, ${parts.train.length} training and ${parts.validation.length} validation pictures`
    const places = fingerprint(classes, [source, parts.train], [val ?? source, parts.validation])
    return {
      ...parts,
      warnings: [...warnings, ...learned.warnings, ...(checked?.warnings ?? []), ...copies],
      counts,
      identity: {
        [classesKey]: classes.join(', '),
        'a data set of': `${counts} (fingerprint ${places})`,
        'picture files with the checksum': checksum([...digests.values()].sort()),
      },
    }
  }
  return { classes, check }
}

function fingerprint(classes: readonly string[], ...parts: [folder: string, samples: readonly Sample[]][]): string {
  const lines = parts.flatMap(([folder, samples]) =>
    samples.map(({ path, label }) => `${relative(folder, path)} ${label}`),
  )
  return checksum([...classes, ...lines])
}

const checksum = (lines: readonly string[]) => createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)
