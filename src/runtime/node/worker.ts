import { parentPort, workerData } from 'node:worker_threads'
import type { Session } from '../session.js'
import { type ExitGuard, guarded } from './exit-guard.js'
import { createNodeSession } from './session.js'
import { type Call, ownedBuffers, type Reply } from './worker-session.js'

/** The worker thread's side of `createWorkerSession`: one session, driven by messages, one after another. */

const port = parentPort!
const guard = workerData as ExitGuard
let queue = Promise.resolve()
let session: Session | undefined

async function answer(
  call: Exclude<Call, { method: 'close' }>,
): Promise<{ result: unknown; transfer?: ArrayBuffer[] }> {
  if (call.method === 'create') {
    session = await createNodeSession(call.model, call.options)
    return { result: { inputNames: session.inputNames, outputNames: session.outputNames } }
  }
  const result = await (call.method === 'run' ? session!.run(call.feeds) : session!.readState())
  return { result, transfer: ownedBuffers(result) }
}

async function handle(call: Call): Promise<void> {
  if (call.method === 'close') {
    await session?.close()
    return port.close()
  }
  let reply: Reply
  let transfer: ArrayBuffer[] | undefined
  try {
    const answered = await guarded(guard, () => answer(call))
    reply = { id: call.id, result: answered.result }
    transfer = answered.transfer
  } catch (error) {
    reply = { id: call.id, error: (error as Error).message }
  }
  port.postMessage(reply, transfer ?? [])
}

port.on('message', (call: Call) => {
  queue = queue.then(() => handle(call))
})
