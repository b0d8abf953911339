import type { Loader, Sample } from '../data/index.js'
import type { Preprocessor } from '../image/index.js'
import { encodeInMemory } from '../onnx/index.js'
import {
  type Evaluation,
  evaluate,
  forInference,
  inferenceGraph,
  type Model,
  type SampleResult,
} from '../pipeline/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime } from '../runtime/session.js'

export interface ValidateOptions {
  files: Files
  runtime: Runtime
  model: Model
  preprocessor: Preprocessor
  samples: readonly Sample[]
  batchSize: number
  /** Where batches come from; pictures are prepared in this thread unless it is given. */
  loader?: Loader
  onProgress?: (done: number, total: number) => void
  /** Called before each batch; what it throws ends the validation. */
  beforeBatch?: () => Promise<void>
}

/** How well a model does on pictures that it does not learn from. */
export interface Validation {
  evaluation: Evaluation
  /** The same, picture by picture. */
  results: SampleResult[]
}

/** Judges a model as it is now. */
export async function validate(options: ValidateOptions): Promise<Validation> {
  const { files, runtime, model, preprocessor, samples, batchSize, loader, onProgress, beforeBatch } = options
  await breathe()
  const plain = inferenceGraph(model)
  await breathe()
  const graph = forInference(plain)
  await breathe()
  const { model: bytes, externalData } = encodeInMemory(graph)
  await breathe()
  const session = await runtime.createSession(bytes, { externalData })
  const results: SampleResult[] = []
  try {
    const evaluation = await evaluate(
      async (pixels) => {
        await beforeBatch?.()
        return (await session.run({ pixel_values: pixels })).logits!
      },
      samples,
      {
        files,
        preprocessor,
        batchSize,
        labels: model.labels,
        onResult: (result) => results.push(result),
        ...(loader && { loader }),
        ...(onProgress && { onProgress }),
      },
    )
    return { evaluation, results }
  } finally {
    await session.close()
  }
}

/** Lets the event loop turn between two pieces of work that each keep it for a while: a server stays responsive. */
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve))
