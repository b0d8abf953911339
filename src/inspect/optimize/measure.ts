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
const loads = 5
const runs = 11

/**
 * How long two models take to load and to run. They take turns, and in turns the one or the other comes first, so that
 * what else goes on in the machine and what the first leaves behind in memory meets both.
 */
export async function timeBoth(runtime: Runtime, a: Runnable, b: Runnable, { feeds }: Trial): Promise<[Times, Times]> {
  const load = ({ model, options }: Runnable) => runtime.createSession(model, options)
  const loading = await inTurns([a, b], loads, async (model) => {
    const [time, session] = await timed(() => load(model))
    await session.close()
    return time
  })
  const sessions: Session[] = []
  try {
    for (const model of [a, b]) sessions.push(await load(model))
    // The first run of each allocates its memory.
    for (const session of sessions) await session.run(feeds())
    const running = await inTurns(sessions, runs, async (session) => {
      const inputs = feeds()
      return (await timed(() => session.run(inputs)))[0]
    })
    const times = [0, 1].map((i) => ({ load: median(loading[i]!), run: median(running[i]!) }))
    return times as [Times, Times]
  } finally {
    for (const session of sessions) await session.close()
  }
}

/** What is measured of two things, in turns. */
async function inTurns<T>(
  both: readonly T[],
  rounds: number,
  measure: (one: T) => Promise<number>,
): Promise<number[][]> {
  const found: number[][] = [[], []]
  for (let round = 0; round < rounds; round++)
    for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) found[i]!.push(await measure(both[i]!))
  return found
}

async function timed<T>(body: () => Promise<T>): Promise<[milliseconds: number, result: T]> {
  const start = performance.now()
  const result = await body()
  return [performance.now() - start, result]
}

const median = (numbers: readonly number[]) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!
