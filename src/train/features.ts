import { BatchLoader, type Loader, type Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import { ViT } from '../nn/index.js'
import { elementCount, encodeInMemory, Graph } from '../onnx/index.js'
import { forInference, type Model } from '../pipeline/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime } from '../runtime/session.js'
import { parseSafetensors, serializeSafetensors } from '../weights/index.js'

/** One row of numbers a picture, [count, width] row by row: what a model's head would be given. */
export interface Features {
  count: number
  width: number
  data: Float32Array
}

export interface FeatureOptions {
  files: Files
  runtime: Runtime
  model: Pick<Model, 'vit' | 'preprocessor'>
  batchSize: number
  /** Where batches come from; pictures are prepared in this thread unless it is given. It stays open. */
  loader?: Loader
  /** Ends the work after the batch at hand. */
  signal?: AbortSignal
  onProgress?: (done: number, total: number) => void
}

/**
 * Runs all of a model but its head over pictures, prepared as the model sees them in use.
 * @throws UserError where a picture cannot be read; the signal's reason where it is aborted
 */
export async function computeFeatures(
  samples: readonly Sample[],
  { files, runtime, model, batchSize, loader, signal, onProgress }: FeatureOptions,
): Promise<Features> {
  const { model: bytes, externalData } = encodeInMemory(forInference(withoutHead(model.vit).build(new Graph())))
  // A session with state, though it is none: its threads wait without spinning, which leaves the cores to the decoding of
  // the next pictures. That is a tenth of the whole time and more.
  const session = await runtime.createSession(bytes, { externalData, state: {} })
  const preprocessor = new Preprocessor(runtime, model.preprocessor)
  const rows: Float32Array[] = []
  let done = 0
  try {
    const batches = (loader ?? new BatchLoader(files, preprocessor, batchSize)).evaluation(samples)
    for await (const { pixels, samples: batch } of batches) {
      signal?.throwIfAborted()
      rows.push((await session.run({ pixel_values: pixels })).features!.data as Float32Array)
      done += batch.length
      onProgress?.(done, samples.length)
    }
  } finally {
    await preprocessor.close()
    await session.close()
  }
  return join(rows, samples.length)
}

/** The same model without head, on the same memory. */
function withoutHead(vit: ViT): ViT {
  const body = new ViT({ ...vit.config, numClasses: 0 })
  const names = [...body.parameters.keys()]
  const state = vit.stateDict()
  body.loadStateDict(new Map(names.map((name) => [name, state.get(name)!])))
  return body
}

/** Some of the rows, on the same memory. */
export function rowsOf({ width, data }: Features, from: number, to: number): Features {
  return { count: to - from, width, data: data.subarray(from * width, to * width) }
}

function join(rows: readonly Float32Array[], count: number): Features {
  const length = rows.reduce((sum, row) => sum + row.length, 0)
  const data = new Float32Array(length)
  let at = 0
  for (const row of rows) {
    data.set(row, at)
    at += row.length
  }
  return { count, width: length / count, data }
}

/**
 * Features from a file, or computed and written to it. `key` has to name all that decides about them: the pictures, the
 * model and how it prepares pictures. A file with another key is replaced.
 */
export async function cachedFeatures(
  files: Files,
  path: string,
  key: string,
  compute: () => Promise<Features>,
): Promise<Features> {
  const saved = await readFeatures(files, path, key)
  if (saved) return saved
  const features = await compute()
  const { count, width, data } = features
  const tensors = new Map([['features', { dtype: 'float32' as const, shape: [count, width], data }]])
  await files.write(path, serializeSafetensors(tensors, { key }))
  return features
}

async function readFeatures(files: Files, path: string, key: string): Promise<Features | undefined> {
  if ((await files.kind(path)) !== 'file') return undefined
  try {
    const { tensors, metadata } = parseSafetensors(await files.read(path), path)
    const { shape, data } = tensors.get('features') ?? { shape: [], data: undefined }
    if (metadata.key !== key || shape.length !== 2 || !(data instanceof Float32Array)) return undefined
    return elementCount(shape) === 0 ? undefined : { count: shape[0]!, width: shape[1]!, data }
  } catch (error) {
    // A damaged cache is no more than a missing one.
    if (error instanceof UserError) return undefined
    throw error
  }
}
