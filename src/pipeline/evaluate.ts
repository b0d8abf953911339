import { type Batch, BatchLoader, type Sample } from '../data/index.js'
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
  onProgress?: (done: number, total: number) => void
  onResult?: (result: SampleResult) => void
}

/** Runs `logits` over all samples and counts. @throws UserError where a picture cannot be read */
export async function evaluate(
  logits: (pixels: Tensor) => Promise<Tensor>,
  samples: readonly Sample[],
  { files, preprocessor, batchSize, labels, onProgress, onResult }: EvaluateOptions,
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
  for await (const batch of new BatchLoader(files, preprocessor, batchSize).evaluation(samples)) {
    count(batch, await logits(batch.pixels))
    done += batch.samples.length
    onProgress?.(done, samples.length)
  }
  return counter.result()
}
