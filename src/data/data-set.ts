import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { hasPictureName, type ImageFolder, readImageFolder } from './image-folder.js'
import { type DataSet, type NamedParts, type NamedSample, toDataSet, trainNames, validationNames } from './labelled.js'
import { isManifest, readManifest } from './manifest.js'

/**
 * Reads a data set of any layout: a folder of class folders; a folder with `train` and `val` in it (or `training`; `valid`,
 * `validation`, `test`; in capitals or not), each a folder of class folders; or a manifest, a .csv or .jsonl file (see
 * `readManifest`). Only the latter two may have a validation part of their own; all of `judgedBy`, where it is given, takes
 * its place.
 * @throws UserError where there is no data set, or it contradicts itself
 */
export async function readDataSet(files: Files, source: string, judgedBy?: string): Promise<DataSet> {
  const own = await readParts(files, source)
  if (judgedBy === undefined) return toDataSet(source, own)
  const other = await readParts(files, judgedBy)
  const validation = [...other.train, ...(other.validation ?? [])]
  return toDataSet(source, { train: own.train, validation, warnings: [...own.warnings, ...other.warnings] }, judgedBy)
}

/**
 * The pictures of a data set to judge a model by: its validation part, or all where it has none.
 * @throws UserError where there is no data set
 */
export async function readJudgedSamples(
  files: Files,
  source: string,
): Promise<{ samples: NamedSample[]; warnings: string[] }> {
  const { train, validation, warnings } = await readParts(files, source)
  return { samples: validation ?? train, warnings }
}

async function readParts(files: Files, source: string): Promise<NamedParts> {
  const path = source.replace(/(.)\/+$/, '$1')
  if ((await files.kind(path)) === 'file') {
    if (!isManifest(path))
      throw new UserError(
        `${path} is no data set: name a folder of class folders, or a manifest that ends in .csv or .jsonl`,
      )
    return readManifest(files, path)
  }
  const parts = await findParts(files, path)
  return {
    train: namesOf(await readImageFolder(files, parts?.train ?? path)),
    validation: parts?.validation === undefined ? undefined : namesOf(await readImageFolder(files, parts.validation)),
    warnings: parts?.warnings ?? [],
  }
}

/** The folders of the two parts, where a folder is divided so. */
interface Parts {
  train: string
  validation: string | undefined
  warnings: string[]
}

/**
 * A folder is divided where one named as the training part stands in it, alone or with one named as the validation part,
 * that holds folders, but no pictures: classes may well be called "train" and "test" themselves.
 * @throws UserError where all there is are validation parts
 */
async function findParts(files: Files, root: string): Promise<Parts | undefined> {
  const names = (await files.list(root)).filter(isVisibleFolder).map(({ name }) => name)
  const holding: string[] = []
  for (const name of names) if (isPart(name) && (await holdsClasses(files, `${root}/${name}`))) holding.push(name)
  const find = (known: readonly string[]) =>
    known.flatMap((part) => holding.filter((name) => name.toLowerCase() === part))[0]
  const train = find(trainNames)
  const validation = find(validationNames)
  if (!train) {
    if (holding.length > 0 && holding.length === names.length)
      throw new UserError(
        `${root} has ${holding.join(', ')}, but no train: name the folder to learn from train, or give that of the classes`,
      )
    return undefined
  }
  const others = names.filter((name) => name !== train && name !== validation)
  if (!validation && others.some((name) => !isPart(name))) return undefined
  return {
    train: `${root}/${train}`,
    validation: validation && `${root}/${validation}`,
    warnings: others.map((name) => `${root}/${name} is left out: it is not a part to learn from or to judge by`),
  }
}

const isPart = (name: string) => ([...trainNames, ...validationNames] as readonly string[]).includes(name.toLowerCase())

/** Whether a folder has folders, and no pictures beside them. */
async function holdsClasses(files: Files, folder: string): Promise<boolean> {
  const entries = await files.list(folder)
  return entries.some(isVisibleFolder) && !entries.some(({ kind, name }) => kind === 'file' && hasPictureName(name))
}

const isVisibleFolder = ({ kind, name }: { kind: string; name: string }) => kind === 'folder' && !name.startsWith('.')

const namesOf = ({ classes, samples }: ImageFolder): NamedSample[] =>
  samples.map(({ path, label }) => ({ path, className: classes[label]! }))
