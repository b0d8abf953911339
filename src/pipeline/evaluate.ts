import { type Batch, BatchLoader, type Loader, mirrored, type Sample } from '../data/index.js'
import type { Preprocessor } from '../image/index.js'
import type { Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import { meanOf, softmax } from './classifier.js'
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
  /** Takes the mean of the probabilities of each picture and its mirror image (test-time flip). */
  flip?: boolean
  onProgress?: (done: number, total: number) => void
  onResult?: (result: SampleResult) => void
}

/** Runs `logits` over all samples and counts. @throws UserError where a picture cannot be read */
export async function evaluate(
  logits: (pixels: Tensor) => Promise<Tensor>,
  samples: readonly Sample[],
  { files, preprocessor, batchSize, labels, loader, flip = false, onProgress, onResult }: EvaluateOptions,
): Promise<Evaluation> {
  const counter = new EvaluationCounter(labels)
  let done = 0
  const probabilitiesOf = (output: Tensor, i: number) =>
    softmax((output.data as Float32Array).subarray(i * labels.length, (i + 1) * labels.length))
  const count = (batch: Batch, outputs: readonly Tensor[]) => {
    for (const [i, sample] of batch.samples.entries()) {
      const probabilities = meanOf(outputs.map((output) => probabilitiesOf(output, i)))
      counter.add(probabilities, sample.label)
      onResult?.({ sample, probabilities })
    }
  }
  const batches = (loader ?? new BatchLoader(files, preprocessor, batchSize)).evaluation(samples)
  for await (const batch of batches) {
    // Mirrored first: the model may take the pixels over.
    const views = flip ? [mirrored(batch.pixels), batch.pixels] : [batch.pixels]
    const outputs: Tensor[] = []
    for (const pixels of views) outputs.push(await logits(pixels))
    count(batch, outputs)
    done += batch.samples.length
    onProgress?.(done, samples.length)
  }
  return counter.result()
}
