import { readImageFolder } from '../../dist/data/index.js'
import { loadModel } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { nodeRuntime } from '../../dist/runtime/node/runtime.js'
import { defaultRecipe, train } from '../../dist/train/index.js'
import { EventLoopWatch } from '../lib/event-loop.mjs'
import { PhaseLog } from '../lib/phases.mjs'
import { atMost, gigabytes, info, milliseconds } from '../lib/rows.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'

export const skip = () => missing(photos, weights)

/** How long the main thread does not answer while it trains ViT-Ti, and what memory it holds, by phase. */
export async function* measure() {
  const { classes, samples } = await readImageFolder(nodeFiles, photos)
  const validation = samples.filter((_, i) => i % 40 === 0)
  const log = new PhaseLog()
  const watch = new EventLoopWatch()
  await train({
    files: log.files(nodeFiles),
    runtime: log.runtime(nodeRuntime),
    model: await loadModel(nodeFiles, weights, { labels: classes }),
    train: samples.filter((_, i) => i % 8 === 1),
    validation,
    recipe: { ...defaultRecipe, epochs: 1 },
    output: `${temporaryFolder()}/run`,
    checkpointInterval: 10_000,
    onStep: () => {
      watch.start()
      log.enter('steps')
    },
    onEvaluate: () => log.enter('evaluation'),
  })
  watch.stop()
  yield atMost('longest stall of the event loop, first step to last', longest(watch.ticks), 100, milliseconds)
  for (const phase of ['steps', 'checkpoint', 'setting evaluation up', 'evaluation']) {
    const ticks = watch.ticks.filter(({ from, to }) => log.phaseAt((from + to) / 2) === phase)
    if (ticks.length === 0) throw new Error(`the training that was watched had no ${phase}`)
    yield info(`… during ${phase}`, milliseconds(longest(ticks)))
    yield info(`memory resident during ${phase}, at most`, gigabytes(Math.max(...ticks.map(({ rss }) => rss))))
  }
}

const longest = (ticks) => Math.max(0, ...ticks.map(({ late }) => late))
