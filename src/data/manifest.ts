import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { mapConcurrently } from './concurrent.js'
import { parseCsv } from './csv.js'
import { hasPictureName } from './image-folder.js'
import { type DataSet, type NamedSample, toDataSet, validationNames } from './labelled.js'

/** One line of a manifest. The path is the manifest's folder and its `file`, or `file` where that is absolute. */
interface Entry extends NamedSample {
  split: 'train' | (typeof validationNames)[number] | undefined
}

/** A line's columns by name, as text, and where the line stands, such as `labels.csv, line 3`. */
interface Row {
  where: string
  columns: ReadonlyMap<string, string>
}

/** Whether a file's name is that of a manifest. */
export const isManifest = (path: string): boolean => /\.(csv|jsonl)$/i.test(path)

/**
 * Reads a data set from a list of its pictures: CSV (RFC 4180) whose header names the columns `file`, `label` and, if
 * wanted, `split`; or JSON Lines with the same keys. Files are relative to the manifest's folder; `split` is train or val
 * (or valid, validation, test). The text is UTF-8, with or without byte order mark. Samples keep the manifest's order.
 * @throws UserError where a line is wrong, files are missing or no pictures, or labels contradict each other
 */
export async function readManifest(files: Files, path: string): Promise<DataSet> {
  const text = decode(await files.read(path), path)
  const rows = /\.csv$/i.test(path) ? csvRows(text, path) : jsonRows(text, path)
  if (rows.length === 0) throw new UserError(`${path} lists no pictures: add a line for each, with its file and label`)
  const { entries, repeated } = withoutRepeats(rows.map((row) => entryOf(row, path)))
  await requireFiles(files, entries, path)
  const warnings = repeated > 0 ? [`${path} lists ${repeated} pictures more than once: each counts once`] : []
  return divide(path, entries, warnings)
}

function decode(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new UserError(`${path} is not UTF-8 text: save it in that encoding`)
  }
}

function csvRows(text: string, path: string): Row[] {
  const [header = [], ...records] = wellFormed(() => parseCsv(text), path)
  const names = header.map((name) => name.trim().toLowerCase())
  if (!names.includes('file') || !names.includes('label'))
    throw new UserError(`${path} has no header with the columns file and label: write "file,label" as its first line`)
  return records.map((record, i) => {
    const where = `${path}, record ${i + 2}`
    if (record.length !== names.length)
      throw new UserError(
        `${where} has ${record.length} fields and the header ${names.length}: put quotes around a field with a comma`,
      )
    return { where, columns: new Map(names.map((name, column) => [name, record[column]!])) }
  })
}

function jsonRows(text: string, path: string): Row[] {
  const lines = text.split('\n').map((line, i) => ({ line, where: `${path}, line ${i + 1}` }))
  return lines.filter(({ line }) => line.trim() !== '').map(({ line, where }) => jsonRow(line, where))
}

function jsonRow(line: string, where: string): Row {
  const value: unknown = wellFormed(() => JSON.parse(line), where)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${where} is no JSON object: write one such as {"file": "1.jpg", "label": "daisy"}`)
  const texts = Object.entries(value).filter(([, item]) => typeof item === 'string' || typeof item === 'number')
  return { where, columns: new Map(texts.map(([name, item]) => [name, String(item)])) }
}

function wellFormed<T>(parse: () => T, where: string): T {
  try {
    return parse()
  } catch (error) {
    throw new UserError(`${where} cannot be read: ${(error as Error).message}`)
  }
}

function entryOf({ where, columns }: Row, manifest: string): Entry {
  const need = (name: string) => {
    const value = columns.get(name)?.trim()
    if (!value) throw new UserError(`${where} has no ${name}: give it one, or remove it`)
    return value
  }
  const file = need('file')
  if (!hasPictureName(file))
    throw new UserError(
      `${where} names ${file}, which is no picture by its name: list JPEG, PNG, WebP, GIF, TIFF or AVIF`,
    )
  const split = columns.has('split') ? need('split').toLowerCase() : undefined
  if (!isSplit(split))
    throw new UserError(`${where} has the split "${split}": write train or val (or valid, validation, test)`)
  return { path: resolvePath(manifest, file), className: need('label'), split }
}

const isSplit = (name: string | undefined): name is Entry['split'] =>
  name === undefined || name === 'train' || (validationNames as readonly string[]).includes(name)

/** The path of a file that a manifest names, without `.` and `..` where that can be told, so that equal files are equal. */
function resolvePath(manifest: string, file: string): string {
  const absolute = /^(\/|[a-z]:[\\/])/i.test(file)
  const whole = absolute ? file : manifest.slice(0, manifest.lastIndexOf('/') + 1) + file
  const parts: string[] = []
  for (const [i, part] of whole.split('/').entries()) {
    if (part === '.' || (part === '' && i > 0)) continue
    const parent = parts.at(-1)
    if (part === '..' && parent && parent !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

/** @throws UserError where a picture is listed with two labels, or in two parts */
function withoutRepeats(entries: readonly Entry[]): { entries: Entry[]; repeated: number } {
  const byPath = new Map<string, Entry>()
  for (const entry of entries) {
    const earlier = byPath.get(entry.path)
    if (earlier && earlier.className !== entry.className)
      throw new UserError(
        `${entry.path} is listed as "${earlier.className}" and as "${entry.className}": keep the line with the right label`,
      )
    if (earlier && earlier.split !== entry.split)
      throw new UserError(
        `${entry.path} is listed in the parts ${earlier.split} and ${entry.split}: keep one of them, or the model is judged by what it has seen`,
      )
    byPath.set(entry.path, entry)
  }
  return { entries: [...byPath.values()], repeated: entries.length - byPath.size }
}

async function requireFiles(files: Files, entries: readonly Entry[], manifest: string): Promise<void> {
  const kinds = await mapConcurrently(entries, 16, ({ path }) => files.kind(path))
  const missing = entries.filter((_, i) => kinds[i] !== 'file')
  if (missing.length > 0)
    throw new UserError(
      `${manifest} names ${missing.length} of ${entries.length} pictures that do not exist, the first being ${missing[0]!.path}: files are relative to the manifest's folder`,
    )
}

function divide(path: string, entries: readonly Entry[], warnings: string[]): DataSet {
  if (entries.every(({ split }) => split === undefined)) return toDataSet(path, entries, undefined, warnings)
  const part = (name: Entry['split']) => entries.filter(({ split }) => split === name)
  const [chosen, ...others] = validationNames.filter((name) => part(name).length > 0)
  const train = part('train')
  if (train.length === 0)
    throw new UserError(`${path} has no picture in the split train: there is nothing to learn from`)
  const left = others.map((name) => `${path}: its split ${name} is left out, since ${chosen} is what to judge by`)
  return toDataSet(path, train, chosen && part(chosen), [...warnings, ...left])
}
