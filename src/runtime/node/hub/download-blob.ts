import { UserError } from '../../../errors.js'
import { explain } from '../files.js'
import type { HubConnection, Reply } from './connection.js'
import type { RemoteFile } from './listing.js'
import { PartialFile } from './partial-file.js'
import { PassingError, type Patience } from './patience.js'
import { type Question, refusal } from './refusal.js'
import type { HubSettings } from './settings.js'

/** A file to download, and where to. */
export interface BlobDownload {
  question: Question
  file: RemoteFile
  /** The path of the complete file. Its folder exists. */
  blob: string
  /** Told how many bytes are there. */
  onProgress: (bytes: number) => void
  signal?: AbortSignal
}

/** So much is progress enough to forget earlier failures. */
const restoringBytes = 2 ** 20

/** Downloads one file into the cache, from where an earlier attempt ended. */
export class BlobDownloader {
  constructor(
    private readonly connection: HubConnection,
    private readonly settings: HubSettings,
  ) {}

  /** @throws UserError where the file cannot be had or is not what the hub has listed; what arrived is kept */
  async download(download: BlobDownload, patience: Patience): Promise<void> {
    const { blob, file } = download
    try {
      const partial = await PartialFile.open(blob, file)
      try {
        await patience.repeat(() => this.attempt(download, partial, patience))
      } catch (error) {
        await partial.release()
        throw error
      }
      await partial.publish()
    } catch (error) {
      throw explain(error, 'write', blob)
    }
  }

  private async attempt(download: BlobDownload, partial: PartialFile, patience: Patience): Promise<void> {
    const { file } = download
    const resumed = partial.size > 0
    if (partial.size < file.size || file.size === 0) await this.receive(download, partial, patience)
    if (partial.isRight) return
    await partial.restart()
    const message = `${nameOf(download)} arrives with another checksum than the hub lists: try again later, or ask its owner`
    // What was there before may have been wrong, so that counts as bad luck only.
    throw resumed ? new PassingError(message, 0) : new UserError(message)
  }

  private async receive(download: BlobDownload, partial: PartialFile, patience: Patience): Promise<void> {
    const { file, onProgress } = download
    const reply = await this.open(download, partial)
    const begin = partial.size
    onProgress(begin)
    for await (const chunk of reply.chunks) {
      if (partial.size + chunk.length > file.size) {
        await partial.restart()
        throw wrongSize(download, `more than ${file.size}`)
      }
      await partial.append(chunk)
      onProgress(partial.size)
      if (partial.size - begin >= restoringBytes) patience.restore()
    }
    if (partial.size < file.size)
      throw new PassingError(wrongSize(download, `${partial.size} instead of ${file.size}`).message)
  }

  /** Asks for the bytes that are missing, and begins anew where the server does not give just these. */
  private async open(download: BlobDownload, partial: PartialFile): Promise<Reply> {
    const { question, file, signal } = download
    const { repository, revision } = question
    const url = `${this.settings.endpoint}/${repository}/resolve/${revision}/${file.path}`
    // No If-Range: the ETags of the servers behind the hub differ from the hub's. The checksum finds what does not fit.
    const headers = { 'accept-encoding': 'identity', ...(partial.size > 0 && { range: `bytes=${partial.size}-` }) }
    const reply = await this.connection.get(url, headers, signal)
    if (reply.status === 206 && rangeFits(reply, partial.size, file.size)) return reply
    if (reply.status === 200) {
      if (partial.size > 0) await partial.restart()
      const length = reply.headers.get('content-length')
      if (length === null || Number(length) === file.size) return reply
    }
    await reply.dismiss()
    if (reply.status === 200)
      throw wrongSize(download, `${reply.headers.get('content-length')} instead of ${file.size}`)
    if (reply.status !== 206 && reply.status !== 416) throw refusal(reply, question, this.settings)
    await partial.restart()
    throw new PassingError(wrongSize(download, 'other bytes than were asked for').message)
  }
}

function rangeFits({ headers }: Reply, start: number, size: number): boolean {
  const range = headers.get('content-range')?.match(/^bytes (\d+)-(\d+)\/(\d+|\*)$/)
  return !!range && Number(range[1]) === start && (range[3] === '*' || Number(range[3]) === size)
}

const nameOf = ({ question, file }: BlobDownload) => `${file.path} of hf:${question.repository}`

function wrongSize(download: BlobDownload, what: string): UserError {
  return new UserError(`the hub sends ${what} bytes of ${nameOf(download)}: try again later, or check HF_ENDPOINT`)
}
