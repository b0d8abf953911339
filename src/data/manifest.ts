import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { mapConcurrently } from './concurrent.js'
import { parseCsv } from './csv.js'
import { hasPictureName } from './image-folder.js'
import { type NamedParts, type NamedSample, trainNames, validationNames } from './labelled.js'

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
 * (or training; valid, validation, test). The text is UTF-8, with or without byte order mark. Samples keep the manifest's
 * order; missing files are left out, with a warning.
 * @throws UserError where a line is wrong, a class has no file left, or labels contradict each other
 */
export async function readManifest(files: Files, path: string): Promise<NamedParts> {
  const text = decode(await files.read(path), path)
  const rows = /\.csv$/i.test(path) ? csvRows(text, path) : jsonRows(text, path)
  if (rows.length === 0) throw new UserError(`${path} lists no pictures: add a line for each, with its file and label`)
  const { entries, repeated } = withoutRepeats(rows.map((row) => entryOf(row, path)))
  const { found, warnings } = await withoutMissing(files, entries, path)
  if (repeated > 0)
    warnings.unshift(`${path} lists pictures it has listed before, in ${repeated} of its lines: each counts once`)
  return divide(path, found, warnings)
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
  if (!names.includes('file') || !names.includes('label')) throw new UserError(whyNoHeader(path, header))
  // A table's empty rows are records of empty fields.
  const filled = records.map((record, i) => ({ record, where: `${path}, record ${i + 2}` })).filter(isFilled)
  return filled.map(({ record, where }) => {
    if (record.length !== names.length)
      throw new UserError(
        `${where} has ${record.length} fields and the header ${names.length}: put quotes around a field with a comma`,
      )
    return { where, columns: new Map(names.map((name, column) => [name, record[column]!])) }
  })
}

const isFilled = ({ record }: { record: readonly string[] }) => record.some((field) => field.trim() !== '')

function whyNoHeader(path: string, header: readonly string[]): string {
  const shown = header.map((name) => name.trim()).join(', ')
  if (shown === '') return `${path} has no header: write "file,label" as its first line`
  if (header.some((name) => hasPictureName(name.trim())))
    return `${path} begins with a picture and not with a header: write "file,label" above its first line`
  if (header.length === 1 && /[;\t|]/.test(shown))
    return `${path} has the first line "${shown}": separate its columns by commas`
  return `${path} has the columns ${shown}, but needs file and label: rename those that hold them in its first line`
}

function jsonRows(text: string, path: string): Row[] {
  const lines = text.split('\n').map((line, i) => ({ line, where: `${path}, line ${i + 1}` }))
  return lines.filter(({ line }) => line.trim() !== '').map(({ line, where }) => jsonRow(line, where))
}

function jsonRow(line: string, where: string): Row {
  const value: unknown = wellFormed(() => JSON.parse(line), where)
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new UserError(`${where} is no JSON object: write one such as {"file": "1.jpg", "label": "daisy"}`)
  const given = Object.entries(value).filter(([, item]) => item !== null)
  for (const [name, item] of given)
    if (['file', 'label', 'split'].includes(name) && typeof item === 'object')
      throw new UserError(`${where} has a ${name} of several values: write one text`)
  return { where, columns: new Map(given.map(([name, item]) => [name, String(item)])) }
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
    if (!value)
      throw new UserError(
        `${where} has no ${name} (it has ${[...columns.keys()].join(', ')}): give it one, or remove it`,
      )
    return value
  }
  const file = need('file')
  if (!hasPictureName(file))
    throw new UserError(
      `${where} names ${file}, which is no picture by its name: list JPEG, PNG, WebP, GIF, TIFF or AVIF`,
    )
  const split = columns.has('split') ? splitOf(need('split'), where) : undefined
  return { path: resolvePath(manifest, file), className: need('label'), split }
}

function splitOf(name: string, where: string): Entry['split'] {
  const known = name.toLowerCase()
  if ((trainNames as readonly string[]).includes(known)) return 'train'
  const judged = validationNames.find((one) => one === known)
  if (!judged) throw new UserError(`${where} has the split "${name}": write train or val (or valid, validation, test)`)
  return judged
}

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

/** A picture may be in two parts. @throws UserError where it is listed with two labels */
function withoutRepeats(entries: readonly Entry[]): { entries: Entry[]; repeated: number } {
  const byPath = new Map<string, Entry>()
  const kept = new Map<string, Entry>()
  for (const entry of entries) {
    const earlier = byPath.get(entry.path)
    if (earlier && earlier.className !== entry.className)
      throw new UserError(
        `${entry.path} is listed as "${earlier.className}" and as "${entry.className}": keep the line with the right label`,
      )
    byPath.set(entry.path, entry)
    kept.set(`${entry.split} ${entry.path}`, entry)
  }
  return { entries: [...kept.values()], repeated: entries.length - kept.size }
}

/** @throws UserError where none of the files of a class is there */
async function withoutMissing(
  files: Files,
  entries: readonly Entry[],
  manifest: string,
): Promise<{ found: Entry[]; warnings: string[] }> {
  const kinds = await mapConcurrently(entries, 16, ({ path }) => files.kind(path))
  const found = entries.filter((_, i) => kinds[i] === 'file')
  const missing = entries.filter((_, i) => kinds[i] !== 'file')
  const left = new Set(found.map(({ className }) => className))
  const lost = missing.find(({ className }) => !left.has(className))
  if (lost) {
    const some = found.length === 0 ? 'none of its pictures exists' : `no picture of "${lost.className}" exists`
    const hint = lost.path.includes('\\') ? 'write / in place of \\' : "files are relative to the manifest's folder"
    throw new UserError(`${manifest}: ${some}, the first being ${lost.path}: ${hint}`)
  }
  const shown = missing.slice(0, 5).map(({ path }) => path)
  const more = missing.length > shown.length ? ', …' : ''
  const warning = `${manifest} names ${missing.length} of ${entries.length} pictures that do not exist, which are left out: ${shown.join(', ')}${more}`
  return { found, warnings: missing.length > 0 ? [warning] : [] }
}

function divide(path: string, entries: readonly Entry[], warnings: string[]): NamedParts {
  if (entries.every(({ split }) => split === undefined)) return { train: [...entries], validation: undefined, warnings }
  const unsplit = entries.filter(({ split }) => split === undefined)
  if (unsplit.length > 0)
    throw new UserError(
      `${path} gives ${unsplit.length} of ${entries.length} pictures no split, the first being ${unsplit[0]!.path}: give one to all or to none`,
    )
  const part = (name: Entry['split']) => entries.filter(({ split }) => split === name)
  const [chosen, ...others] = validationNames.filter((name) => part(name).length > 0)
  const train = part('train')
  if (train.length === 0)
    throw new UserError(`${path} has no picture in the split train: there is nothing to learn from`)
  const left = others.map((name) => `${path}: its split ${name} is left out, since ${chosen} is what to judge by`)
  return { train, validation: chosen && part(chosen), warnings: [...warnings, ...left] }
}
