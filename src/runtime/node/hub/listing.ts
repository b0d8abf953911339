import { UserError } from '../../../errors.js'
import { isCommit } from '../../hub/model-id.js'
import type { HubConnection, Reply } from './connection.js'
import type { Patience } from './patience.js'
import { type Question, refusal } from './refusal.js'
import type { HubSettings } from './settings.js'

/** A file of a repository at a commit. */
export interface RemoteFile {
  path: string
  /** In bytes. */
  size: number
  /** The SHA-256 of a large file (LFS), or the SHA-1 that git gives a small one: what identifies its content. */
  digest: string
  /** All that the hub says about it, for the cache. */
  entry: TreeEntry
}

/** A row of the hub's list of files. */
export interface TreeEntry {
  size: number
  oid: string
  lfs?: { oid: string; size: number }
  xetHash?: string
}

/** More than any list of files is long. */
const largestReply = 2 ** 25
const mostPages = 200

/** What the hub's API tells about models. */
export class HubListing {
  constructor(
    private readonly connection: HubConnection,
    private readonly settings: HubSettings,
    private readonly signal?: AbortSignal,
  ) {}

  /** The commit that a branch or tag stands for. */
  async commit(question: Question, patience: Patience): Promise<string> {
    const { repository, revision } = question
    const url = `${this.settings.endpoint}/api/models/${repository}/revision/${encodeURIComponent(revision)}`
    const { value } = await patience.repeat(() => this.json(url, question))
    const { sha } = (value ?? {}) as { sha?: unknown }
    if (typeof sha !== 'string' || !isCommit(sha)) throw this.strange(url, 'names no commit')
    return sha
  }

  /** All files of a model at a commit. */
  async files(question: Question, patience: Patience): Promise<RemoteFile[]> {
    const { repository, revision } = question
    let url = `${this.settings.endpoint}/api/models/${repository}/tree/${revision}?recursive=true`
    const files: RemoteFile[] = []
    for (let page = 0; page < mostPages; page++) {
      const { value, reply } = await patience.repeat(() => this.json(url, question))
      if (!Array.isArray(value)) throw this.strange(url, 'is no list of files')
      for (const row of value) {
        const file = row?.type === 'file' ? remoteFile(row.path, row) : undefined
        if (file) files.push(file)
      }
      const next = nextPage(reply)
      if (!next) return files
      url = next
    }
    throw this.strange(url, 'has no end')
  }

  private async json(url: string, question: Question): Promise<{ value: unknown; reply: Reply }> {
    const reply = await this.connection.get(url, { accept: 'application/json' }, this.signal)
    if (reply.status !== 200) {
      await reply.dismiss()
      throw refusal(reply, question, this.settings)
    }
    const text = await this.text(reply, url)
    try {
      return { value: JSON.parse(text), reply }
    } catch {
      throw this.strange(url, 'is no JSON')
    }
  }

  private async text(reply: Reply, url: string): Promise<string> {
    const chunks: Uint8Array[] = []
    let length = 0
    for await (const chunk of reply.chunks) {
      length += chunk.length
      if (length > largestReply) throw this.strange(url, `is longer than ${largestReply / 2 ** 20} MiB`)
      chunks.push(chunk)
    }
    return new TextDecoder().decode(Buffer.concat(chunks))
  }

  private strange(url: string, problem: string): UserError {
    return new UserError(`the answer of ${url} ${problem}: check that HF_ENDPOINT is the address of a hub`)
  }
}

/** Undefined where a row is not as it should be: such a file cannot be chosen. */
export function remoteFile(path: unknown, entry: TreeEntry): RemoteFile | undefined {
  const { size, oid, lfs, xetHash } = entry
  const file = lfs ? { size: lfs.size, digest: lfs.oid } : { size, digest: oid }
  const digestLength = lfs ? 64 : 40
  if (typeof path !== 'string' || !Number.isSafeInteger(file.size) || file.size < 0) return undefined
  if (typeof file.digest !== 'string' || !/^[0-9a-f]+$/.test(file.digest) || file.digest.length !== digestLength)
    return undefined
  const known = { size, oid, ...(lfs && { lfs: { oid: lfs.oid, size: lfs.size } }), ...(xetHash && { xetHash }) }
  return { path, ...file, entry: known }
}

/** From `Link: <address>; rel="next"` (RFC 8288). */
function nextPage({ headers, url }: Reply): string | undefined {
  const link = headers.get('link')?.match(/<([^>]*)>\s*;\s*rel="?next"?/)
  return link && URL.canParse(link[1]!, url.href) ? new URL(link[1]!, url).href : undefined
}
