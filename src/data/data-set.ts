import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { hasPictureName, type ImageFolder, readImageFolder } from './image-folder.js'
import { type DataSet, type NamedSample, toDataSet, validationNames } from './labelled.js'
import { isManifest, readManifest } from './manifest.js'

/**
 * Reads a data set of any layout: a folder of class folders; a folder with `train` and `val` (or `valid`, `validation`,
 * `test`) in it, each a folder of class folders; or a manifest, a .csv or .jsonl file (see `readManifest`).
 * Only the latter two may have a validation part of their own.
 * @throws UserError where there is no data set, or it contradicts itself
 */
export async function readDataSet(files: Files, source: string): Promise<DataSet> {
  const path = source.replace(/(.)\/+$/, '$1')
  if ((await files.kind(path)) === 'file') {
    if (!isManifest(path))
      throw new UserError(
        `${path} is no data set: name a folder of class folders, or a manifest that ends in .csv or .jsonl`,
      )
    return readManifest(files, path)
  }
  const parts = await findParts(files, path)
  const train = namesOf(await readImageFolder(files, parts?.train ?? path))
  const judged = parts?.validation === undefined ? undefined : await readImageFolder(files, parts.validation)
  return toDataSet(path, train, judged && namesOf(judged), parts?.warnings ?? [])
}

/** The folders of the two parts, where a folder is divided so. */
interface Parts {
  train: string
  validation: string | undefined
  warnings: string[]
}

/**
 * A folder is divided where `train` and one of the validation names stand in it and `train` holds folders, but no
 * pictures: classes may well be called "train" and "test" themselves.
 */
async function findParts(files: Files, root: string): Promise<Parts | undefined> {
  const names = (await files.list(root)).filter(isVisibleFolder).map(({ name }) => name)
  const present = validationNames.filter((name) => names.includes(name))
  if (!names.includes('train') || present.length === 0 || !(await holdsClasses(files, `${root}/train`)))
    return undefined
  const usable: string[] = []
  for (const name of present) if (await holdsClasses(files, `${root}/${name}`)) usable.push(name)
  const used = usable[0]
  const others = names.filter((name) => name !== 'train' && name !== used)
  return {
    train: `${root}/train`,
    validation: used && `${root}/${used}`,
    warnings: others.map((name) => `${root}/${name} is left out: it is not a part to learn from or to judge by`),
  }
}

/** Whether a folder has folders, and no pictures beside them. */
async function holdsClasses(files: Files, folder: string): Promise<boolean> {
  const entries = await files.list(folder)
  return entries.some(isVisibleFolder) && !entries.some(({ kind, name }) => kind === 'file' && hasPictureName(name))
}

const isVisibleFolder = ({ kind, name }: { kind: string; name: string }) => kind === 'folder' && !name.startsWith('.')

const namesOf = ({ classes, samples }: ImageFolder): NamedSample[] =>
  samples.map(({ path, label }) => ({ path, className: classes[label]! }))
