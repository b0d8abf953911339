import type { FileEntry, ZipReader } from '@zip.js/zip.js'
import { UserError } from '../errors.js'
import { type Budget, plain } from './untrusted.js'

/** No checkpoint has more tensors than this, and each entry takes memory. */
const maxEntries = 20_000

const stored = 0
const deflated = 8

/** The entries of a ZIP archive in memory. Nothing is ever written to a disk. */
export class ZipArchive {
  private readonly entries = new Map<string, FileEntry>()

  private constructor(
    private readonly bytes: Uint8Array,
    private readonly budget: Budget,
  ) {}

  /**
   * Reads the directory of an archive (PKWARE's APPNOTE.TXT; ZIP64 included).
   * @throws UserError where it is broken, or a name in it points outside, as `../x` does
   */
  static async open(bytes: Uint8Array, budget: Budget): Promise<ZipArchive> {
    // Loaded when it is needed: this takes longer than reading the weights of a small model as safetensors.
    const { ZipReader, Uint8ArrayReader } = await import('@zip.js/zip.js')
    const archive = new ZipArchive(bytes, budget)
    const options = { useWebWorkers: false, filenameValidation: 'balanced' } as const
    await archive.readDirectory(new ZipReader(new Uint8ArrayReader(bytes), options))
    return archive
  }

  /** In the order of the archive's directory. */
  get names(): string[] {
    return [...this.entries.keys()]
  }

  has(name: string): boolean {
    return this.entries.has(name)
  }

  /**
   * The bytes of an entry: a view of the archive where they are stored as they are, as PyTorch stores all.
   * @throws UserError where the entry is missing or broken, or overlaps another
   */
  async read(name: string): Promise<Uint8Array> {
    const entry = this.entries.get(name)
    if (!entry) throw this.invalid(`${plain(name)} is missing`)
    const start = await this.attempt(() => locate(entry))
    if (entry.compressionMethod === stored && entry.compressedSize === entry.uncompressedSize && !entry.encrypted) {
      return this.bytes.subarray(start, start + entry.uncompressedSize)
    }
    if (entry.compressionMethod !== deflated || entry.encrypted) {
      throw this.invalid(`${plain(name)} is neither stored nor deflated`)
    }
    this.budget.takeBytes(entry.uncompressedSize)
    return this.attempt(() => inflate(entry))
  }

  private async readDirectory(reader: ZipReader<unknown>): Promise<void> {
    const entries = reader.getEntriesGenerator()
    for (;;) {
      const { value: entry, done } = await this.attempt(() => entries.next())
      if (done) return
      // PyTorch writes no folders, but other tools that pack its files do.
      if (entry.directory) continue
      const name = entry.filename
      if (this.entries.size === maxEntries) throw this.invalid(`it has more than ${maxEntries} entries`)
      if (this.entries.has(name)) throw this.invalid(`it has two entries ${plain(name)}`)
      this.entries.set(name, entry)
    }
  }

  private async attempt<T>(action: () => Promise<T>): Promise<T> {
    try {
      return await action()
    } catch (error) {
      throw this.invalid(plain(error instanceof Error ? error.message : 'unknown error').toLowerCase(), error)
    }
  }

  private invalid(problem: string, cause?: unknown): UserError {
    const { fileName } = this.budget
    return new UserError(`${fileName} is not a valid ZIP archive (${problem}): download or save it again`, { cause })
  }
}

/** Where the data of an entry begin, checked against the entries located before: they must not overlap. */
async function locate(entry: FileEntry): Promise<number> {
  await entry.getData(new WritableStream(), { checkOverlappingEntryOnly: true })
  return entry.localDirectory!.dataOffset
}

/** The inflated bytes of an entry; stops as soon as there are more than the entry says. */
async function inflate(entry: FileEntry): Promise<Uint8Array> {
  const result = new Uint8Array(entry.uncompressedSize)
  let length = 0
  const sink = new WritableStream<Uint8Array>({
    write(chunk) {
      if (chunk.length > result.length - length) throw new Error('an entry is larger than it says')
      result.set(chunk, length)
      length += chunk.length
    },
  })
  await entry.getData(sink, { checkCrc32: true })
  if (length !== result.length) throw new Error('an entry is smaller than it says')
  return result
}
