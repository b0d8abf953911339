import { workerLoader } from '../data/node/index.js'
import { renderLearningRatePage } from '../report/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import { type LearningRateSearch, rangeTest } from '../train/index.js'
import { availableMemory } from './describe-machine.js'
import { invocation, quote } from './invocation.js'
import { startProgress } from './progress.js'
import type { TrainingRun } from './training-run.js'

const steps = 100

/**
 * `vitrine train --find-lr`: tries rising learning rates on real batches, prints what came of it and writes it as a page.
 * Nothing else is written.
 */
export async function suggestLearningRate(run: TrainingRun): Promise<void> {
  const { recipe, model, output, json, settings } = run
  const loader = workerLoader(model.preprocessor, recipe.batchSize * recipe.accumulate, { workers: 1 })
  const progress = startProgress('trying learning rates', steps)
  const free = availableMemory()
  const search = await rangeTest({
    ...run,
    files: nodeFiles,
    runtime: nodeRuntime,
    loader,
    steps,
    ...(free && { availableMemory: free }),
    onStep: (done) => progress.update(done),
  }).finally(async () => {
    progress.stop()
    await loader.close()
  })
  const page = `${output}/learning-rate.html`
  const title = `Learning rate for ${settings.data}`
  await nodeFiles.write(page, renderLearningRatePage(search, title, new Date().toISOString()))
  process.stdout.write(json ? `${JSON.stringify({ ...search, page })}\n` : `${table(search)}${advice(search, page)}`)
}

/** Some of the points, evenly spaced. */
function table({ points }: LearningRateSearch): string {
  const every = Math.ceil(points.length / 12)
  const rows = points.flatMap(({ learningRate, smoothed }, i) =>
    i % every === 0 || i === points.length - 1
      ? [`${learningRate.toExponential(1).padStart(13)}  ${smoothed.toFixed(4).padStart(8)}\n`]
      : [],
  )
  return `learning rate      loss\n${rows.join('')}`
}

function advice({ suggestion }: LearningRateSearch, page: string): string {
  const rate = String(Number(suggestion.toPrecision(2)))
  return [
    `the loss falls fastest at a learning rate of ${rate}; the whole curve is in ${page}`,
    `go on with: ${[invocation(), ...wordsWith(rate).map(quote)].join(' ')}`,
    '',
  ].join('\n')
}

/** The words of this command, to train at that rate. */
function wordsWith(rate: string): string[] {
  const words = process.argv.slice(2).filter((word) => word !== '--find-lr' && !word.startsWith('--lr='))
  const at = words.indexOf('--lr')
  return [...(at < 0 ? words : words.toSpliced(at, 2)), '--lr', rate]
}
