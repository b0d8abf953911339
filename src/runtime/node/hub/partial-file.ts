import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { hostname } from 'node:os'
import type { RemoteFile } from './listing.js'

/**
 * A file on its way into the cache. It has a name of its own as long as somebody writes to it, so that two downloads of
 * the same file never meet: `<digest>.<host>-<process>-<count>.incomplete`. Given up, it is `<digest>.incomplete`.
 * Whoever comes next takes over such a file, or that of a process which has ended.
 */
export class PartialFile {
  private constructor(
    private readonly blob: string,
    private readonly name: string,
    private readonly handle: FileHandle,
    private readonly file: RemoteFile,
    private hash: Hash,
    /** The bytes that are there. */
    public size: number,
  ) {}

  /** Opens the part of a file that is there already, or nothing. @param blob the path of the file when it is complete */
  static async open(blob: string, file: RemoteFile): Promise<PartialFile> {
    const name = `${blob}.${host}-${process.pid}-${count++}.incomplete`
    await takeOver(blob, name)
    const hash = newHash(file)
    const handle = await open(name, 'a')
    const { size } = await handle.stat()
    const partial = new PartialFile(blob, name, handle, file, hash, size)
    if (size > file.size) await partial.restart()
    else if (size > 0) for await (const chunk of createReadStream(name)) hash.update(chunk)
    return partial
  }

  async append(chunk: Uint8Array): Promise<void> {
    await this.handle.writeFile(chunk)
    this.hash.update(chunk)
    this.size += chunk.length
  }

  /** Forgets all bytes. */
  async restart(): Promise<void> {
    await this.handle.truncate(0)
    this.hash = newHash(this.file)
    this.size = 0
  }

  /** Whether the bytes are those that the hub has listed. */
  get isRight(): boolean {
    return this.size === this.file.size && this.hash.copy().digest('hex') === this.file.digest
  }

  /** Gives the file its place in the cache, whole and on the disk. */
  async publish(): Promise<void> {
    await this.handle.sync()
    await this.handle.close()
    await rename(this.name, this.blob)
    for (const leftover of await abandoned(this.blob)) await rm(leftover, { force: true })
  }

  /** Leaves what is there to the next attempt. */
  async release(): Promise<void> {
    // Not this.size: a disk that is full may have taken a part of the last bytes.
    const { size } = await this.handle.stat()
    await this.handle.close()
    if (size === 0) await rm(this.name, { force: true })
    else await rename(this.name, `${this.blob}.incomplete`)
  }
}

const host = hostname().replace(/\W/g, '_')
let count = 0

/** SHA-256 for large files; git's SHA-1 begins with the kind of the object and its size. */
function newHash({ digest, size }: RemoteFile): Hash {
  return digest.length === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`)
}

/** Renames the largest part that nobody writes to; somebody else may be faster. */
async function takeOver(blob: string, name: string): Promise<void> {
  for (const candidate of await abandoned(blob)) {
    try {
      return await rename(candidate, name)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}

/** The parts of a file that nobody writes to, the largest first. */
async function abandoned(blob: string): Promise<string[]> {
  const folder = blob.slice(0, blob.lastIndexOf('/'))
  const found: { path: string; size: number }[] = []
  for (const name of await readdir(folder)) {
    const path = `${folder}/${name}`
    if (!path.startsWith(`${blob}.`) || !name.endsWith('.incomplete')) continue
    const owner = path.slice(blob.length).match(/^\.(\w+)-(\d+)-\d+\.incomplete$/)
    if (path !== `${blob}.incomplete` && !(owner?.[1] === host && !isRunning(Number(owner[2])))) continue
    const size = await stat(path)
      .then(({ size }) => size)
      .catch(() => 0)
    found.push({ path, size })
  }
  return found.sort((a, b) => b.size - a.size).map(({ path }) => path)
}

function isRunning(process_: number): boolean {
  try {
    return process.kill(process_, 0)
  } catch (error) {
    // A process of somebody else may not be signalled, but runs.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
