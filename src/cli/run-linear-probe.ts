import { workerLoader } from '../data/node/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import { linearProbe, type TrainingResult } from '../train/index.js'
import { startProgress } from './progress.js'
import type { TrainingRun } from './training-run.js'

/** Puts every picture through the model once, and learns the head from what comes out, as one epoch of a training run. */
export async function runLinearProbe(run: TrainingRun): Promise<TrainingResult> {
  const { model, train, validation, recipe, json } = run
  const started = performance.now()
  const { batchSize } = recipe
  const loader = workerLoader(model.preprocessor, batchSize, { workers: 1 })
  const progress = startProgress('computing features', train.length + validation.length)
  const { training, evaluation, results } = await linearProbe({
    files: nodeFiles,
    runtime: nodeRuntime,
    model,
    train,
    validation,
    batchSize,
    loader,
    onProgress: (done) => progress.update(done),
  }).finally(() => {
    progress.stop()
    return loader.close()
  })
  const metrics = {
    epoch: 1,
    trainLoss: training.loss,
    trainAccuracy: training.accuracy,
    validationLoss: evaluation.loss,
    validationAccuracy: evaluation.accuracy,
    learningRate: 0,
    seconds: (performance.now() - started) / 1000,
  }
  if (json) process.stdout.write(`${JSON.stringify(metrics)}\n`)
  return { history: [metrics], bestEpoch: 1, evaluation, results }
}
