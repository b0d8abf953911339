import { atLeast, atMost, percent, seconds } from '../lib/rows.mjs'
import { lastAccuracy } from '../lib/run-folder.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => undefined

/** `vitrine demo`: draws, trains from scratch, exports and predicts. */
export async function* measure() {
  const output = `${temporaryFolder()}/demo`
  const { seconds: wall } = await vitrine(['demo', '--output', output], { showProgress: true })
  yield atMost('vitrine demo: wall time', wall, 240, seconds)
  yield atLeast('… right answers on unseen drawings', lastAccuracy(output), 0.95, percent)
}
