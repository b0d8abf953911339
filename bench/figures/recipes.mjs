import { atLeast, atMost, info, percent, seconds } from '../lib/rows.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missing(photos, weights)

/** ViT-Ti and the flower photos by the recipes that most will use, as a user would type them. */
export async function* measure() {
  const folder = temporaryFolder()
  const train = async (...settings) => {
    const output = `${folder}/${settings[1]}`
    const command = ['train', photos, '--model', weights, ...settings, '--output', output, '--json']
    const { stdout, seconds: wall } = await vitrine(command, { showProgress: true })
    return { ...JSON.parse(stdout.trim().split('\n').at(-1)), wall }
  }
  const probe = await train('--recipe', 'linear-probe')
  yield atLeast('linear-probe: right answers on the validation photos', probe.accuracy, 0.91, percent)
  yield atMost('… wall time of the command', probe.wall, 90, seconds)
  const tuned = await train('--recipe', 'finetune', '--epochs', '3')
  yield atLeast('finetune, 3 epochs: right answers on the validation photos', tuned.accuracy, 0.96, percent)
  yield info('… best epoch, wall time of the command', `${tuned.bestEpoch}, ${seconds(tuned.wall)}`)
}
