import { type Batch, BatchLoader, type Loader, type Sample } from '../data/index.js'
import type { Preprocessor } from '../image/index.js'
import type { Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import { softmax } from './classifier.js'
import { type Evaluation, EvaluationCounter } from './evaluation.js'

/** The probabilities of one picture, for those who want to look at it. */
export interface SampleResult {
  sample: Sample
  probabilities: number[]
}

export interface EvaluateOptions {
  files: Files
  preprocessor: Preprocessor
  batchSize: number
  labels: readonly string[]
  /** Prepares the pictures in place of `files`, `preprocessor` and `batchSize`, as in other threads. It stays open. */
  loader?: Loader
  onProgress?: (done: number, total: number) => void
  onResult?: (result: SampleResult) => void
}

/** Runs `logits` over all samples and counts. @throws UserError where a picture cannot be read */
export async function evaluate(
  logits: (pixels: Tensor) => Promise<Tensor>,
  samples: readonly Sample[],
  { files, preprocessor, batchSize, labels, loader, onProgress, onResult }: EvaluateOptions,
): Promise<Evaluation> {
  const counter = new EvaluationCounter(labels)
  let done = 0
  const count = (batch: Batch, output: Tensor) => {
    for (const [i, sample] of batch.samples.entries()) {
      const own = (output.data as Float32Array).subarray(i * labels.length, (i + 1) * labels.length)
      const probabilities = softmax(own)
      counter.add(probabilities, sample.label)
      onResult?.({ sample, probabilities })
    }
  }
  const batches = (loader ?? new BatchLoader(files, preprocessor, batchSize)).evaluation(samples)
  for await (const batch of batches) {
    count(batch, await logits(batch.pixels))
    done += batch.samples.length
    onProgress?.(done, samples.length)
  }
  return counter.result()
}
