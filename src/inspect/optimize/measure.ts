import type { Runtime, Session, SessionOptions } from '../../runtime/session.js'
import type { Trial } from './trials.js'

/** A model as a runtime takes it. */
export interface Runnable {
  model: Uint8Array
  options?: SessionOptions
}

/** Medians in milliseconds. */
export interface Times {
  load: number
  run: number
}

/** How often each is done. */
const loads = 3
const runs = 9

/** How long two models take to load and to run, both in turns so that what else goes on in the machine meets both. */
export async function timeBoth(runtime: Runtime, a: Runnable, b: Runnable, { feeds }: Trial): Promise<[Times, Times]> {
  const models = [a, b]
  const loading: [number[], number[]] = [[], []]
  const running: [number[], number[]] = [[], []]
  const sessions: Session[] = []
  try {
    for (let round = 0; round < loads; round++) {
      for (const session of sessions.splice(0)) await session.close()
      for (const [i, { model, options }] of models.entries())
        loading[i]!.push(await timed(async () => sessions.push(await runtime.createSession(model, options))))
    }
    // The first run of each allocates its memory.
    for (let round = 0; round <= runs; round++)
      for (const [i, session] of sessions.entries()) {
        const inputs = feeds()
        const time = await timed(() => session.run(inputs))
        if (round > 0) running[i]!.push(time)
      }
  } finally {
    for (const session of sessions) await session.close()
  }
  const times = ([0, 1] as const).map((i) => ({ load: median(loading[i]), run: median(running[i]) }))
  return times as [Times, Times]
}

async function timed(body: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await body()
  return performance.now() - start
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!
