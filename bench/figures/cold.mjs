import { readdirSync } from 'node:fs'
import { loadModel, saveModel } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { atMost, seconds } from '../lib/rows.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { medians } from '../lib/timing.mjs'
import { vitrine } from '../lib/vitrine.mjs'

export const skip = () => missing(photos, weights)

/** How long commands take from start to end, each in a new process; the files are in the system's cache. */
export async function* measure() {
  const photo = `${photos}/tulips/${readdirSync(`${photos}/tulips`)[0]}`
  const runFolder = `${temporaryFolder()}/run`
  const labels = readdirSync(photos).filter((name) => !name.includes('.'))
  await saveModel(nodeFiles, runFolder, await loadModel(nodeFiles, weights, { labels }))
  const commands = [['--help'], ['predict', weights, photo], ['predict', runFolder, photo]]
  const [help, pretrained, trained] = await medians(
    commands.map((args) => async () => (await vitrine(args)).seconds),
    7,
  )
  yield atMost('vitrine --help, from start to end', help, 0.25, seconds)
  yield atMost('vitrine predict, ViT-Ti as downloaded, one photo', pretrained, 1.2, seconds)
  yield atMost('vitrine predict, ViT-Ti in a run folder, one photo', trained, 1.2, seconds)
}
