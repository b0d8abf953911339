import type { Stats } from 'node:fs'
import { appendFile, type FileHandle, mkdir, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises'
import { UserError } from '../../errors.js'
import type { Files } from '../files.js'

let temporaryCount = 0

/** Node's file system. Every failure that the user can mend is a `UserError` that names the path. */
export const nodeFiles: Files = {
  read,

  async readText(path) {
    return new TextDecoder().decode(await read(path))
  },

  origin: originOf,

  async write(path, content) {
    const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`
    try {
      await makeFolder(folderOf(path))
      await writeDurably(temporary, content)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw explain(error, 'write', path)
    }
  },

  async append(path, bytes) {
    try {
      await makeFolder(folderOf(path))
      await appendFile(path, bytes)
    } catch (error) {
      throw explain(error, 'write', path)
    }
  },

  async remove(path) {
    await rm(path).catch((error) => {
      throw explain(error, 'remove', path)
    })
  },

  async list(path) {
    const found = await readdir(path, { withFileTypes: true }).catch((error) => {
      throw explain(error, 'list', path)
    })
    const entries = []
    for (const entry of found) {
      const kind = entry.isSymbolicLink() ? await nodeFiles.kind(`${path}/${entry.name}`) : kindOf(entry)
      // A dangling link, a socket or a pipe is neither.
      if (kind !== undefined) entries.push({ name: entry.name, kind })
    }
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1))
  },

  async kind(path) {
    try {
      return kindOf(await stat(path))
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined
      throw explain(error, 'read', path)
    }
  },
}

/** Where larger files were read from, and what they looked like. */
const origins = new WeakMap<ArrayBufferLike, { path: string; looks: string }>()

/** What changes when a file is replaced or written to. */
const looksOf = ({ dev, ino, size, mtimeMs }: Stats) => [dev, ino, size, mtimeMs].join()

async function originOf(buffer: ArrayBufferLike): Promise<string | undefined> {
  const origin = origins.get(buffer)
  const now = origin && (await stat(origin.path).catch(() => undefined))
  return now && looksOf(now) === origin.looks ? origin.path : undefined
}

async function read(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    const bytes = await readWhole(file)
    if (bytes.length > pieceLength)
      origins.set(bytes.buffer, { path: await realpath(path), looks: looksOf(await file.stat()) })
    return bytes
  } catch (error) {
    throw explain(error, 'read', path)
  } finally {
    await file?.close()
  }
}

/** The most that is read at once: Node refuses 2 GiB and more, and several reads at a time use several cores. */
const pieceLength = 2 ** 26

async function readWhole(file: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array((await file.stat()).size)
  const starts = Array.from({ length: Math.ceil(bytes.length / pieceLength) }, (_, i) => i * pieceLength)
  const pieces = await Promise.all(
    starts.map((start) => readPiece(file, bytes.subarray(start, start + pieceLength), start)),
  )
  const length = pieces.reduce((sum, read) => sum + read, 0)
  // Shorter where the file was cut while it was read.
  return length === bytes.length ? bytes : bytes.slice(0, length)
}

/** Fills `piece` from `start` in the file on, as far as there is more. */
async function readPiece(file: FileHandle, piece: Uint8Array, start: number): Promise<number> {
  let length = 0
  while (length < piece.length) {
    const { bytesRead } = await file.read(piece, length, piece.length - length, start + length)
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length
}

/** After this the bytes are on the disk, so that a rename cannot outlive them in a power failure. */
async function writeDurably(path: string, content: Uint8Array | string | Iterable<Uint8Array>) {
  const file = await open(path, 'wx')
  try {
    const isOne = typeof content === 'string' || content instanceof Uint8Array
    for (const piece of isOne ? [content] : content) await file.writeFile(piece)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Makes a folder and those above it. Node's recursive mkdir says "no such file" where the disk is read-only. */
export async function makeFolder(path: string): Promise<void> {
  if ((await nodeFiles.kind(path)) === 'folder') return
  if (folderOf(path) !== path) await makeFolder(folderOf(path))
  await mkdir(path).catch((error) => {
    if (codeOf(error) !== 'EEXIST') throw error
  })
}

function kindOf(entry: { isFile(): boolean; isDirectory(): boolean }): 'file' | 'folder' | undefined {
  return entry.isDirectory() ? 'folder' : entry.isFile() ? 'file' : undefined
}

function folderOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end < 0 ? '.' : path.slice(0, end) || '/'
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** The error that tells the user what went wrong with a file, where that is known; else the error itself. */
export function explain(error: unknown, action: 'read' | 'write' | 'list' | 'remove', path: string): unknown {
  const reason = reasons[codeOf(error)]
  return reason === undefined ? error : new UserError(`cannot ${action} ${path}: ${reason}`, { cause: error })
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder, check the path',
  ENOTDIR: 'a part of the path is a file and not a folder, check the path',
  ERR_INVALID_ARG_VALUE: 'no file can be called that, check the path',
  ELOOP: 'it is a link that leads to itself, check the path',
  EISDIR: 'it is a folder, name a file',
  EEXIST: 'a part of the path is a file and not a folder, check the path',
  EACCES: 'permission is denied, change the permissions or choose another path',
  EPERM: 'permission is denied, change the permissions or choose another path',
  EROFS: 'the file system is read-only, choose another path',
  ENOSPC: 'the disk is full, free some space or choose another path',
  EDQUOT: 'the disk quota is used up, free some space or choose another path',
  EFBIG: 'the file would be larger than the file system allows, choose another path',
  ENAMETOOLONG: 'the name is too long, choose a shorter one',
  EMFILE: 'too many files are open, raise the limit with ulimit -n',
}
