import { Worker } from 'node:worker_threads'
import type { Session, SessionOptions, Tensors } from '../session.js'
import { createExitGuard, dropExitGuard } from './exit-guard.js'
import { checkFeeds } from './session.js'

/** What the session asks of its worker; every call but `close`, after which it exits, is answered by a `Reply`. */
export type Call = { id: number } & (
  | { method: 'create'; model: Uint8Array; options: SessionOptions }
  | { method: 'run'; feeds: Tensors }
  | { method: 'readState' }
  | { method: 'close' }
)

export type Reply = { id: number } & ({ result: unknown } | { error: string })

/** Without its id, a call of each method. */
type Request = Call extends infer C ? (C extends unknown ? Omit<C, 'id'> : never) : never

/**
 * A model in a worker thread of its own, so that the event loop stays free while it computes. Arrays that own their
 * whole buffer are handed over rather than copied, both ways.
 */
export async function createWorkerSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  // Not the flags of this process: `node --input-type=module -e …` has some that no worker starts with.
  const guard = createExitGuard()
  const worker = new Worker(new URL('./worker.js', import.meta.url), { execArgv: [], workerData: guard })
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let calls = 0
  let failure: Error | undefined
  let closing: Promise<void> | undefined

  const fail = (error: Error) => {
    failure = error
    for (const { reject } of pending.values()) reject(error)
    pending.clear()
    worker.unref()
  }
  worker.on('message', (reply: Reply) => {
    const call = pending.get(reply.id)
    pending.delete(reply.id)
    // A worker with nothing to do must not keep the process alive.
    if (pending.size === 0) worker.unref()
    if ('error' in reply) call?.reject(new Error(reply.error))
    else call?.resolve(reply.result)
  })
  worker.on('error', fail)
  worker.on('messageerror', fail)
  worker.on('exit', () => {
    dropExitGuard(guard)
    fail(failure ?? new Error('the session is closed'))
  })

  function call(request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (failure) return Promise.reject(failure)
    const id = ++calls
    return new Promise((resolve, reject) => {
      // Throws where something cannot be sent, which must not leave a call behind that keeps the process alive.
      worker.postMessage({ id, ...request }, transfer)
      pending.set(id, { resolve, reject })
      worker.ref()
    })
  }

  try {
    const names = (await call({ method: 'create', model, options })) as Pick<Session, 'inputNames' | 'outputNames'>
    return {
      ...names,
      async run(feeds) {
        checkFeeds(feeds)
        return (await call({ method: 'run', feeds }, ownedBuffers(feeds))) as Tensors
      },
      readState: () => call({ method: 'readState' }) as Promise<Tensors>,
      close() {
        // The worker finishes its runs and leaves by itself: terminated within native code, it would abort the process.
        closing ??= call({ method: 'close' }).then(
          () => {},
          () => {},
        )
        failure ??= new Error('the session is closed')
        return closing
      },
    }
  } catch (error) {
    await worker.terminate()
    throw error
  }
}

/** The buffers behind tensors that cover them wholly, each once. */
export function ownedBuffers(tensors: Tensors): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>()
  for (const { data } of Object.values(tensors))
    if (data.buffer instanceof ArrayBuffer && data.byteLength === data.buffer.byteLength) buffers.add(data.buffer)
  return [...buffers]
}
