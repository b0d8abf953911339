import { atLeast, atMost, gigabytes, info, percent, seconds } from '../lib/rows.mjs'
import { lastAccuracy } from '../lib/run-folder.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missing(photos, weights)

/** ViT-Ti fine-tuned on the flower photos for one epoch, by the command that a user would type. */
export async function* measure() {
  const output = `${temporaryFolder()}/run`
  const settings = ['--epochs', '1', '--batch-size', '16', '--lr', '1e-4']
  const { seconds: wall, peakBytes } = await vitrine(
    ['train', photos, '--model', weights, ...settings, '--output', output],
    { showProgress: true, watchMemory: true },
  )
  yield atLeast('ViT-Ti, 1 epoch: right answers on the validation photos', lastAccuracy(output), 0.94, percent)
  yield info('… wall time of the command', seconds(wall))
  yield peakBytes === undefined
    ? info('… peak resident memory: needs /proc', '')
    : atMost('… peak resident memory of the process (VmHWM)', peakBytes, 2e9, gigabytes)
}
