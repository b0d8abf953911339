import { parentPort } from 'node:worker_threads'
import type { Session } from '../session.js'
import { createNodeSession } from './session.js'
import { type Call, ownedBuffers, type Reply } from './worker-session.js'

/** The worker thread's side of `createWorkerSession`: one session, driven by messages. */

const port = parentPort!
let session: Session | undefined

async function answer(call: Call): Promise<{ result: unknown; transfer?: ArrayBuffer[] }> {
  if (call.method === 'create') {
    session = await createNodeSession(call.model, call.options)
    return { result: { inputNames: session.inputNames, outputNames: session.outputNames } }
  }
  const result = await (call.method === 'run' ? session!.run(call.feeds) : session!.readState())
  return { result, transfer: ownedBuffers(result) }
}

port.on('message', async (call: Call) => {
  let reply: Reply
  let transfer: ArrayBuffer[] | undefined
  try {
    const answered = await answer(call)
    reply = { id: call.id, result: answered.result }
    transfer = answered.transfer
  } catch (error) {
    reply = { id: call.id, error: (error as Error).message }
  }
  port.postMessage(reply, transfer ?? [])
})
