import type { Runtime } from '../session.js'
import { createNodeSession, loadRuntime } from './session.js'
import { createWorkerSession } from './worker-session.js'

/** onnxruntime's native CPU code, each session in a worker thread: the event loop stays free. For training and serving. */
export const nodeRuntime: Runtime = { createSession: createWorkerSession }

/** The same in the calling thread: starts faster, but blocks it while a model runs. For one-shot commands. */
export const inlineRuntime: Runtime = {
  preload() {
    // A failure shows when the runtime is used.
    loadRuntime().catch(() => {})
  },
  createSession: createNodeSession,
}
