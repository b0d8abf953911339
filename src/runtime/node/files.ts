import { appendFile, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { UserError } from '../../errors.js'
import type { Files } from '../files.js'

let temporaryCount = 0

/** Node's file system. Every failure that the user can mend is a `UserError` that names the path. */
export const nodeFiles: Files = {
  read,

  async readText(path) {
    return new TextDecoder().decode(await read(path))
  },

  async write(path, content) {
    const temporary = `${path}.${process.pid}-${temporaryCount++}.tmp`
    try {
      await mkdir(folderOf(path), { recursive: true })
      await writeDurably(temporary, content)
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      throw explain(error, 'write', path)
    }
  },

  async appendLine(path, line) {
    try {
      await mkdir(folderOf(path), { recursive: true })
      await appendFile(path, `${line}\n`)
    } catch (error) {
      throw explain(error, 'write', path)
    }
  },

  async list(path) {
    const names = await readdir(path).catch((error) => {
      throw explain(error, 'list', path)
    })
    const entries = []
    for (const name of names.sort()) {
      const kind = await nodeFiles.kind(`${path}/${name}`)
      // A dangling link, a socket or a pipe is neither.
      if (kind !== undefined) entries.push({ name, kind })
    }
    return entries
  },

  async kind(path) {
    try {
      const found = await stat(path)
      return found.isDirectory() ? 'folder' : found.isFile() ? 'file' : undefined
    } catch (error) {
      if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(codeOf(error))) return undefined
      throw explain(error, 'read', path)
    }
  },
}

async function read(path: string): Promise<Uint8Array> {
  let file: FileHandle | undefined
  try {
    file = await open(path)
    return await readWhole(file)
  } catch (error) {
    throw explain(error, 'read', path)
  } finally {
    await file?.close()
  }
}

/** Reads in pieces, since Node refuses to read more than 2 GiB at once and the larger ViTs are above that. */
async function readWhole(file: FileHandle): Promise<Uint8Array> {
  const bytes = new Uint8Array((await file.stat()).size)
  let length = 0
  while (length < bytes.length) {
    const { bytesRead } = await file.read(bytes, length, Math.min(bytes.length - length, 2 ** 28))
    if (bytesRead === 0) break
    length += bytesRead
  }
  return length === bytes.length ? bytes : bytes.slice(0, length)
}

/** After this the bytes are on the disk, so that a rename cannot outlive them in a power failure. */
async function writeDurably(path: string, content: Uint8Array | string) {
  const file = await open(path, 'wx')
  try {
    await file.writeFile(content)
    await file.sync()
  } finally {
    await file.close()
  }
}

function folderOf(path: string): string {
  const end = path.lastIndexOf('/')
  return end < 0 ? '.' : path.slice(0, end) || '/'
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

function explain(error: unknown, action: 'read' | 'write' | 'list', path: string): unknown {
  const reason = reasons[codeOf(error)]
  return reason === undefined ? error : new UserError(`cannot ${action} ${path}: ${reason}`, { cause: error })
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder, check the path',
  ENOTDIR: 'a part of the path is a file and not a folder, check the path',
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
