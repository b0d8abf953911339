import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { Session, SessionOptions, Tensors } from '../session.js'

/** What the session asks of its worker; every call is answered by a `Reply` with the same id. */
export type Call = { id: number } & (
  | { method: 'create'; model: Uint8Array; options: SessionOptions }
  | { method: 'run'; feeds: Tensors }
  | { method: 'readState' }
)

export type Reply = { id: number } & ({ result: unknown } | { error: string })

/** Without its id, a call of each method. */
type Request = Call extends infer C ? (C extends unknown ? Omit<C, 'id'> : never) : never

/**
 * A model in a worker thread of its own, so that the event loop stays free while it computes. Arrays that own their
 * whole buffer are handed over rather than copied, both ways.
 */
export async function createWorkerSession(model: Uint8Array, options: SessionOptions = {}): Promise<Session> {
  const worker = new Worker(new URL('./worker.js', import.meta.url))
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>()
  let calls = 0
  let failure: Error | undefined

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
  worker.on('exit', () => fail(failure ?? new Error('the session is closed')))

  function call(request: Request, transfer: ArrayBuffer[] = []): Promise<unknown> {
    if (failure) return Promise.reject(failure)
    const id = ++calls
    return new Promise((resolve, reject) => {
      pending.set(id, { resolve, reject })
      worker.ref()
      worker.postMessage({ id, ...request }, transfer)
    })
  }

  try {
    const names = (await call({ method: 'create', model, options })) as Pick<Session, 'inputNames' | 'outputNames'>
    return {
      ...names,
      run: (feeds) => call({ method: 'run', feeds }, ownedBuffers(feeds)) as Promise<Tensors>,
      readState: () => call({ method: 'readState' }) as Promise<Tensors>,
      async close() {
        failure ??= new Error('the session is closed')
        if (worker.threadId !== -1) {
          const exit = once(worker, 'exit')
          await worker.terminate()
          await exit.catch(() => {})
        }
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
