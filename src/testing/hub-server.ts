import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'

/** A hub on this machine that answers as the real one does, and a second server in the part of its CDN. */

/** What was asked, for tests to look at. */
export interface Asked {
  server: 'hub' | 'cdn'
  method: string
  url: string
  range?: string
  token?: string
}

/** Answers a request in another way; true where it did. */
export type Intercept = (asked: Asked, response: ServerResponse) => boolean | undefined

export interface HubModel {
  repository: string
  commit: string
  /** Branches and tags. */
  refs: Record<string, string>
  files: Map<string, Uint8Array>
  /** The token without which it cannot be seen. */
  token?: string
  gated?: boolean
}

export class HubServer {
  readonly asked: Asked[] = []
  readonly models: HubModel[] = []
  /** Rows of the lists of files beside those of real files. */
  extraRows: unknown[] = []
  pageSize = 3
  intercept: Intercept | undefined

  private constructor(
    private readonly hub: Server,
    private readonly cdn: Server,
    private readonly prefix: string,
  ) {}

  /** @param prefix a path before all addresses of the hub */
  static async start(prefix = ''): Promise<HubServer> {
    const servers = [createServer(), createServer()] as const
    const server = new HubServer(...servers, prefix)
    servers[0].on('request', (request, response) => server.handle('hub', request, response))
    servers[1].on('request', (request, response) => server.handle('cdn', request, response))
    await Promise.all(servers.map((one) => new Promise<void>((resolve) => one.listen(0, '127.0.0.1', resolve))))
    after(() => server.stop())
    return server
  }

  get endpoint(): string {
    return `${addressOf(this.hub)}${this.prefix}`
  }

  /** The requests that were for a file's content. */
  get downloads(): Asked[] {
    return this.asked.filter(
      ({ server, method, url }) => method === 'GET' && (server === 'cdn' || url.includes('/resolve/')),
    )
  }

  stop() {
    for (const server of [this.hub, this.cdn]) {
      server.closeAllConnections()
      server.close()
    }
  }

  private handle(server: Asked['server'], request: IncomingMessage, response: ServerResponse) {
    const token = request.headers.authorization?.replace('Bearer ', '')
    const { range } = request.headers
    const asked = {
      server,
      method: request.method ?? '',
      url: request.url ?? '',
      ...(range && { range }),
      ...(token && { token }),
    }
    this.asked.push(asked)
    if (this.intercept?.(asked, response)) return
    if (server === 'cdn') return this.content(asked, response)
    const path = asked.url.startsWith(this.prefix) ? asked.url.slice(this.prefix.length) : ''
    const api = path.match(/^\/api\/models\/([^/]+\/[^/]+)\/(revision|tree)\/([^/?]+)(?:\?(.*))?$/)
    const file = path.match(/^\/([^/]+\/[^/]+)\/resolve\/([^/]+)\/([^?]+)$/)
    const model = this.models.find(({ repository }) => repository === (api ?? file)?.[1])
    if (!model) return refuse(response, token ? 404 : 401, 'RepoNotFound')
    if (model.token && model.token !== token && (!model.gated || file))
      return refuse(response, token ? 403 : 401, model.gated ? 'GatedRepo' : 'RepoNotFound')
    const revision = decodeURIComponent((api?.[3] ?? file?.[2])!)
    const commit = model.refs[revision] ?? revision
    if (commit !== model.commit) return refuse(response, 404, 'RevisionNotFound')
    if (file) return this.resolve(model, file[3]!, asked, response)
    if (api![2] === 'revision')
      return json(response, {
        id: model.repository,
        sha: commit,
        siblings: [...model.files.keys()].map((rfilename) => ({ rfilename })),
      })
    return this.tree(model, new URLSearchParams(api![4]), path.replace(/\?.*/, ''), response)
  }

  private tree(model: HubModel, query: URLSearchParams, path: string, response: ServerResponse) {
    const rows = [...[...model.files].map(([name, bytes]) => treeRow(name, bytes)), ...this.extraRows]
    const start = Number(query.get('cursor') ?? 0)
    const end = start + this.pageSize
    if (end < rows.length)
      response.setHeader('link', `<${this.endpoint}${path}?recursive=true&cursor=${end}>; rel="next"`)
    json(response, rows.slice(start, end))
  }

  private resolve(model: HubModel, path: string, asked: Asked, response: ServerResponse) {
    const bytes = model.files.get(path)
    if (!bytes) return refuse(response, 404, 'EntryNotFound')
    response.setHeader('x-repo-commit', model.commit)
    if (!isLarge(path)) {
      response.setHeader('etag', `"${gitDigest(bytes)}"`)
      return send(bytes, asked, response)
    }
    response.setHeader('x-linked-etag', `"${sha256(bytes)}"`)
    response.setHeader('x-linked-size', bytes.length)
    response.setHeader('location', `${addressOf(this.cdn)}/content/${sha256(bytes)}?signature=x`)
    response.writeHead(302).end('Found')
  }

  private content(asked: Asked, response: ServerResponse) {
    const digest = asked.url.match(/^\/content\/(\w+)/)?.[1]
    const bytes = this.models.flatMap(({ files }) => [...files.values()]).find((one) => sha256(one) === digest)
    if (!bytes) return refuse(response, 404, 'EntryNotFound')
    // As a CDN's, it is none of the hub's digests.
    response.setHeader('etag', '"0123456789abcdef-1"')
    send(bytes, asked, response)
  }
}

/** Sends a part of what was asked for, and cuts the connection. */
export function cutAfter(bytes: Uint8Array, count: number, asked: Asked, response: ServerResponse): true {
  const start = Number(asked.range?.match(/^bytes=(\d+)-/)?.[1] ?? 0)
  if (start > 0) response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`)
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': bytes.length - start })
  response.write(bytes.subarray(start, start + count), () => setTimeout(() => response.destroy(), 20))
  return true
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

export const gitDigest = (bytes: Uint8Array) =>
  createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')

const isLarge = (path: string) => /\.(safetensors|bin|onnx|h5|msgpack)$/.test(path)

function treeRow(path: string, bytes: Uint8Array) {
  if (!isLarge(path)) return { type: 'file', path, size: bytes.length, oid: gitDigest(bytes) }
  const oid = gitDigest(new TextEncoder().encode(`pointer to ${sha256(bytes)}`))
  return {
    type: 'file',
    path,
    size: bytes.length,
    oid,
    lfs: { oid: sha256(bytes), size: bytes.length, pointerSize: 134 },
  }
}

function send(bytes: Uint8Array, { method, range }: Asked, response: ServerResponse) {
  const start = range?.match(/^bytes=(\d+)-$/)?.[1]
  if (start !== undefined && Number(start) >= bytes.length) {
    response.writeHead(416, { 'content-range': `bytes */${bytes.length}` }).end()
    return
  }
  const part = bytes.subarray(Number(start ?? 0))
  if (start !== undefined) response.setHeader('content-range', `bytes ${start}-${bytes.length - 1}/${bytes.length}`)
  response.writeHead(start === undefined ? 200 : 206, { 'content-length': part.length, 'accept-ranges': 'bytes' })
  response.end(method === 'HEAD' ? undefined : part)
}

function refuse(response: ServerResponse, status: number, code: string) {
  response.writeHead(status, { 'x-error-code': code, 'content-type': 'application/json' }).end('{"error":"refused"}')
}

function json(response: ServerResponse, value: unknown) {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
}

function addressOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
