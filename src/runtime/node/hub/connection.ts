import { UserError } from '../../../errors.js'
import { PassingError } from './patience.js'
import type { HubSettings } from './settings.js'

/** An answer of the hub, or of a server that it refers to. */
export interface Reply {
  status: number
  headers: Headers
  /** Where it came from in the end. */
  url: URL
  /** Whether the hub itself answered. */
  fromHub: boolean
  /** Can be read once. @throws PassingError where the connection breaks off */
  chunks: AsyncIterable<Uint8Array>
  /** Closes the connection where the content is not wanted. */
  dismiss(): Promise<void>
}

const mostRedirects = 5

/** Asks the hub, and follows its redirects: only the hub itself is ever shown the token. */
export class HubConnection {
  private readonly origin: string

  /** @param stallLimit milliseconds after which a server that sends nothing is given up */
  constructor(
    private readonly settings: HubSettings,
    private readonly stallLimit = 30_000,
  ) {
    this.origin = new URL(settings.endpoint).origin
  }

  /** @throws PassingError where there is no connection; whatever status a server answers with is returned */
  async get(address: string, headers: Record<string, string>, signal?: AbortSignal): Promise<Reply> {
    let url = new URL(address)
    for (let hops = 0; hops <= mostRedirects; hops++) {
      const reply = await this.ask(url, headers, signal)
      const location = reply.headers.get('location')
      if (![301, 302, 303, 307, 308].includes(reply.status) || !location) return reply
      await reply.dismiss()
      url = redirected(url, location)
    }
    throw new UserError(`${this.settings.endpoint} redirects ${address} in circles: check HF_ENDPOINT, or try later`)
  }

  private async ask(url: URL, headers: Record<string, string>, signal?: AbortSignal): Promise<Reply> {
    const fromHub = url.origin === this.origin
    const { token } = this.settings
    const watch = new StallWatch(url, this.stallLimit, signal)
    try {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: { ...headers, ...(fromHub && token && { authorization: `Bearer ${token}` }) },
        signal: watch.signal,
      })
      const dismiss = async () => {
        watch.stop()
        await response.body?.cancel().catch(() => {})
      }
      return {
        status: response.status,
        headers: response.headers,
        url,
        fromHub,
        chunks: read(response, watch),
        dismiss,
      }
    } catch (error) {
      throw watch.explain(error)
    }
  }
}

/** @throws UserError where a server sends us to something that is no web page, or from https to http */
function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined
  if (!to || !(to.protocol === 'https:' || (to.protocol === 'http:' && from.protocol === 'http:')))
    throw new UserError(
      `${from.host} redirects to an address that is not safe to follow: check HF_ENDPOINT, or try later`,
    )
  // fetch refuses an address with a password in it.
  to.username = to.password = ''
  return to
}

async function* read(response: Response, watch: StallWatch): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of response.body ?? []) {
      watch.restart()
      yield chunk
    }
  } catch (error) {
    throw watch.explain(error)
  } finally {
    watch.stop()
  }
}

/** Ends a request when nothing arrives for a while. */
class StallWatch {
  private readonly stall = new AbortController()
  private readonly timer: NodeJS.Timeout
  readonly signal: AbortSignal

  constructor(
    private readonly url: URL,
    private readonly limit: number,
    private readonly caller?: AbortSignal,
  ) {
    this.timer = setTimeout(() => this.stall.abort(), limit)
    this.signal = caller ? AbortSignal.any([this.stall.signal, caller]) : this.stall.signal
  }

  restart() {
    this.timer.refresh()
  }

  stop() {
    clearTimeout(this.timer)
  }

  /** What the user should know about the end of a request. */
  explain(error: unknown): unknown {
    this.stop()
    if (this.caller?.aborted) return this.caller.reason
    const { host } = this.url
    const advice = 'check the network and HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what was downloaded before'
    if (this.stall.signal.aborted)
      return new PassingError(`${host} has sent nothing for ${this.limit / 1000} s: ${advice}`)
    // fetch wraps what went wrong; an error without a cause was made by the caller of the loop.
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
    if (!(error instanceof TypeError)) return error
    return new PassingError(`there is no connection to ${host} (${cause?.code ?? error.message}): ${advice}`)
  }
}
