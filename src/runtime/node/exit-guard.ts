import process from 'node:process'

/**
 * A flag that a thread shares with its worker: 0 while the worker is idle, 1 while it runs native code, 2 once the
 * process is about to exit. A worker stopped within native code would abort the whole process.
 */
export type ExitGuard = Int32Array<SharedArrayBuffer>

const [idle, running, exiting] = [0, 1, 2]
const longestWait = 10_000 // ms
const guards = new Set<ExitGuard>()

process.on('exit', () => {
  for (const guard of guards)
    while (Atomics.compareExchange(guard, 0, idle, exiting) === running)
      if (Atomics.wait(guard, 0, running, longestWait) === 'timed-out') break
})

/** A guard for a new worker. The process waits for what the worker is running before it exits, up to ten seconds. */
export function createExitGuard(): ExitGuard {
  const guard = new Int32Array(new SharedArrayBuffer(4))
  guards.add(guard)
  return guard
}

/** Stops looking after a worker that is gone. */
export function dropExitGuard(guard: ExitGuard): void {
  guards.delete(guard)
}

/** Runs native code in the worker; never, where the process is about to exit. */
export async function guarded<T>(guard: ExitGuard, body: () => Promise<T>): Promise<T> {
  if (Atomics.compareExchange(guard, 0, idle, running) === exiting) return new Promise(() => {})
  try {
    return await body()
  } finally {
    Atomics.store(guard, 0, idle)
    Atomics.notify(guard, 0)
  }
}
