import { type Batch, BatchLoader, type Sample } from '../data/index.js'
import type { Preprocessor } from '../image/index.js'
import type { Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import { softmax } from './classifier.js'

/** How well a model does on labelled pictures. Shares are from 0 to 1. */
export interface Evaluation {
  count: number
  accuracy: number
  /** The share of pictures whose label is among the five most probable. */
  top5: number
  /** Mean cross-entropy. */
  loss: number
  perClass: { label: string; count: number; correct: number; accuracy: number }[]
  /** Counts: rows are true classes, columns predicted ones. */
  confusion: number[][]
}

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
  const classes = labels.length
  const confusion = labels.map(() => Array<number>(classes).fill(0))
  let [loss, inTop5, done] = [0, 0, 0]
  const count = (batch: Batch, output: Tensor) => {
    for (const [i, sample] of batch.samples.entries()) {
      const probabilities = softmax((output.data as Float32Array).subarray(i * classes, (i + 1) * classes))
      const own = probabilities[sample.label]!
      const better = probabilities.filter((probability) => probability > own).length
      const predicted = probabilities.indexOf(Math.max(...probabilities))
      confusion[sample.label]![predicted]!++
      loss -= Math.log(Math.max(own, Number.MIN_VALUE))
      if (better < 5) inTop5++
      onResult?.({ sample, probabilities })
    }
  }
  for await (const batch of new BatchLoader(files, preprocessor, batchSize).evaluation(samples)) {
    count(batch, await logits(batch.pixels))
    done += batch.samples.length
    onProgress?.(done, samples.length)
  }
  const correct = confusion.reduce((sum, row, i) => sum + row[i]!, 0)
  const total = Math.max(done, 1)
  return {
    count: done,
    accuracy: correct / total,
    top5: inTop5 / total,
    loss: loss / total,
    perClass: labels.map((label, i) => {
      const size = confusion[i]!.reduce((a, b) => a + b, 0)
      return { label, count: size, correct: confusion[i]![i]!, accuracy: size ? confusion[i]![i]! / size : 0 }
    }),
    confusion,
  }
}
