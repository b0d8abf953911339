import { Worker } from 'node:worker_threads'
import { UserError } from '../../errors.js'
import type { PreprocessorConfig } from '../../image/index.js'
import { createExitGuard, dropExitGuard, type ExitGuard } from '../../runtime/node/exit-guard.js'
import type { Augmentation } from '../augment/index.js'
import type { Draw } from '../pictures.js'

/** What a worker is set up with. It works on as many pictures at a time as there are guards. */
export interface WorkerSetup {
  config: PreprocessorConfig
  guards: ExitGuard[]
}

/** A picture to prepare: augmented where `training` is given, else as the model sees it in use. */
export interface Job {
  path: string
  training?: { draw: Draw; augmentation: Augmentation }
}

/** A job, how much memory decoded pictures may take, or the wish that the worker ends. */
export type Call = (Job & { id: number }) | { keep: number } | 'close'

export interface Prepared {
  pixels: Float32Array
  /** Whether the worker keeps the decoded picture. */
  kept: boolean
}

export type Reply = { id: number } & (Prepared | { error: string; isUserError: boolean })

interface Pending {
  resolve(prepared: Prepared): void
  reject(error: Error): void
}

/** A worker thread that prepares pictures, seen from the thread that asks for them. */
export class PictureThread {
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private readonly ended: Promise<void>
  private calls = 0
  private failure: Error | undefined

  constructor(config: PreprocessorConfig) {
    const guards = [createExitGuard(), createExitGuard()]
    const workerData: WorkerSetup = { config, guards }
    // Not the flags of this process: `node --input-type=module -e …` has some that no worker starts with.
    this.worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [], workerData })
    // With nothing to do it must not keep the process alive.
    this.worker.unref()
    this.worker.on('message', (reply: Reply) => this.settle(reply))
    this.worker.on('error', (error) => this.fail(error))
    this.ended = new Promise((resolve) =>
      this.worker.on('exit', () => {
        guards.forEach(dropExitGuard)
        this.fail(new Error('the thread that prepares pictures has ended'))
        resolve()
      }),
    )
  }

  /** Jobs that are not done yet. */
  get load(): number {
    return this.pending.size
  }

  /** @throws UserError where the picture cannot be read */
  prepare(job: Job): Promise<Prepared> {
    if (this.failure) return Promise.reject(this.failure)
    const id = ++this.calls
    return new Promise((resolve, reject) => {
      this.worker.postMessage({ ...job, id } satisfies Call)
      this.pending.set(id, { resolve, reject })
      this.worker.ref()
    })
  }

  /** How many bytes of decoded pictures the worker may keep, for jobs from now on. */
  keep(bytes: number): void {
    if (!this.failure) this.worker.postMessage({ keep: bytes } satisfies Call)
  }

  /** Gives up what is not begun, waits for what is, and ends the thread. */
  close(): Promise<void> {
    // The worker leaves by itself: terminated within native code, it would abort the process.
    this.worker.postMessage('close' satisfies Call)
    this.worker.ref()
    this.failure ??= new Error('the loader is closed')
    return this.ended
  }

  private settle(reply: Reply): void {
    const call = this.pending.get(reply.id)
    this.pending.delete(reply.id)
    if (this.pending.size === 0 && !this.failure) this.worker.unref()
    if ('pixels' in reply) call?.resolve(reply)
    else call?.reject(reply.isUserError ? new UserError(reply.error) : new Error(reply.error))
  }

  private fail(error: Error): void {
    this.failure ??= error
    for (const { reject } of this.pending.values()) reject(this.failure)
    this.pending.clear()
  }
}
