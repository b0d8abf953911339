import type { SessionOptions, Tensors } from '../runtime/session.js'
import type { StateEntry } from './update-graph.js'

/** What a session has to keep for a step from run to run, beginning with `start` where it is given. */
export function sessionState(entries: readonly StateEntry[], start?: Tensors): NonNullable<SessionOptions['state']> {
  return Object.fromEntries(
    entries.map(({ input, output, initial, inPlace }) => [
      input,
      { output, initial: start?.[input] ?? initial, inPlace },
    ]),
  )
}
