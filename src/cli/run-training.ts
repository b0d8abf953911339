import { workerLoader } from '../data/node/index.js'
import { formatSummary, summarize } from '../inspect/index.js'
import { saveModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import { Interrupted, type TrainingResult, train } from '../train/index.js'
import { availableMemory } from './describe-machine.js'
import { Stopped, say } from './errors.js'
import { runLinearProbe } from './run-linear-probe.js'
import { percent, TrainingDisplay } from './training-display.js'
import type { TrainingRun } from './training-run.js'
import { writeReport } from './write-report.js'

/**
 * Trains with live progress, then writes model, metrics, report and model card, and prints the result.
 * @throws Stopped after Ctrl-C, which keeps a checkpoint
 */
export async function runTraining(run: TrainingRun): Promise<void> {
  const { output, json } = run
  // A reader of the results that has gone away, such as `head`, is no reason to stop.
  process.stdout.removeAllListeners('error').on('error', () => {})
  const started = performance.now()
  const result = run.probe ? await runLinearProbe(run) : await trainUntilInterrupted(run)
  await writeRun(run, result, (performance.now() - started) / 1000)
  const { bestEpoch, history } = result
  const { accuracy, count } = result.evaluation
  const epochs = history.length > 1 ? ` after epoch ${bestEpoch} of ${history.length}` : ''
  process.stdout.write(
    json
      ? `${JSON.stringify({ output, bestEpoch, ...result.evaluation })}\n`
      : `${output}: ${percent(accuracy)} of ${count} unseen pictures right${epochs}\n`,
  )
}

async function trainUntilInterrupted(run: TrainingRun): Promise<TrainingResult> {
  const interrupt = new AbortController()
  const onInterrupt = () => {
    display.stop()
    say('stopping after this step; press Ctrl-C again to stop at once')
    interrupt.abort()
  }
  const display = new TrainingDisplay(run.recipe, run.json)
  const { batchSize, accumulate } = run.recipe
  // One thread is enough to keep ahead of the model on few cores, and leaves it the others.
  const loader = workerLoader(run.model.preprocessor, batchSize * accumulate, { workers: 1 })
  // Once: a second Ctrl-C ends the process, as it does where nobody listens.
  process.once('SIGINT', onInterrupt)
  try {
    const { onStep, onEvaluate, onEpoch } = display
    const { signal } = interrupt
    const onNotice = (text: string) => say(`note: ${text}`)
    const free = availableMemory()
    const environment = { files: nodeFiles, runtime: nodeRuntime, loader, ...(free && { availableMemory: free }) }
    return await train({ ...run, ...environment, signal, onNotice, onStep, onEvaluate, onEpoch })
  } catch (error) {
    throw error instanceof Interrupted ? new Stopped(`${error.message}; ${run.howToGoOn}`) : error
  } finally {
    display.stop()
    process.off('SIGINT', onInterrupt)
    await loader.close()
  }
}

async function writeRun(run: TrainingRun, result: TrainingResult, seconds: number): Promise<void> {
  const { model, output } = run
  await saveModel(nodeFiles, output, model)
  const lines = result.history.map((metrics) => `${JSON.stringify(metrics)}\n`)
  await nodeFiles.write(`${output}/metrics.jsonl`, lines.join(''))
  await writeReport(run, result, { summary: formatSummary(summarize(model.vit)), seconds })
}
