import { setTimeout } from 'node:timers/promises'
import { UserError } from '../../../errors.js'

/** A failure that may be over in a moment: the connection broke off, or the server is busy. */
export class PassingError extends UserError {
  /** @param retryAfter the seconds that the server asks us to wait */
  constructor(
    message: string,
    readonly retryAfter?: number,
  ) {
    super(message)
  }
}

export interface PatienceOptions {
  /** How often something may fail in a row. */
  attempts?: number
  /** Milliseconds to wait after the first failure; each further one doubles them. */
  firstWait?: number
  signal?: AbortSignal
  /** Told why something is tried again. */
  onNotice?: (text: string) => void
}

/** Waiting for longer is left to the user. */
const longestWait = 60_000

/** How often and how long to wait for what fails in passing. */
export class Patience {
  private failures = 0

  constructor(private readonly options: PatienceOptions = {}) {}

  /** Repeats an action until it succeeds. @throws its last error, where patience has an end */
  async repeat<T>(action: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await action()
      } catch (error) {
        await this.wait(error)
      }
    }
  }

  /** Something went well: what fails from now on is new. */
  restore() {
    this.failures = 0
  }

  private async wait(error: unknown): Promise<void> {
    const { attempts = 5, firstWait = 500, signal, onNotice } = this.options
    if (!(error instanceof PassingError) || ++this.failures >= attempts) throw error
    const wait = error.retryAfter === undefined ? firstWait * 2 ** (this.failures - 1) : error.retryAfter * 1000
    if (wait > longestWait) throw error
    onNotice?.(`${error.message.split(': ')[0]}; trying again in ${Math.ceil(wait / 1000)} s`)
    await setTimeout(wait, undefined, { signal }).catch(() => signal?.throwIfAborted())
  }
}
