import { UserError } from '../errors.js'
import { defaultPreprocessor, type PreprocessorConfig } from '../image/index.js'
import { encodeInMemory, encodeMapped, type Graph, largestModelFile } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { SessionOptions } from '../runtime/session.js'
import { hasWeights } from '../weights/index.js'
import { forInference } from './inference/index.js'
import { loadModel } from './load-model.js'
import { inferenceGraph, metadataKeys, numberedLabels, requirePictures } from './model.js'
import { guessedPreprocessor, labelsOfFile, preparesPictures, preprocessorOfFile } from './onnx-about.js'
import { readOnnx } from './onnx-file.js'

/** A model's bytes, and the options of a session that say where its weights are. */
type Encoded = { model: Uint8Array } & Pick<SessionOptions, 'externalData' | 'externalFolder'>

/** A classifier as a runtime takes it, with all that its use needs. */
export interface ReadyModel extends Encoded {
  /** The number of pictures that the model takes at once, where it was exported for one number only. */
  fixedBatch?: number
  labels: readonly string[]
  preprocessor: PreprocessorConfig
  /** What the files do not tell and had to be guessed, a sentence each. */
  notes?: readonly string[]
}

/**
 * Reads what classifies pictures: an `.onnx` file, a folder with one and without weights, or any model that can be
 * loaded. @throws UserError where there is no such model, or it does not classify pictures
 */
export async function readForUse(files: Files, name: string): Promise<ReadyModel> {
  if (name.endsWith('.onnx')) return readOnnxFile(files, name, name.slice(0, name.lastIndexOf('/') + 1) || './')
  const onnxFile = `${name}/onnx/model.onnx`
  // Only where there are no weights: those may have been replaced since the graph was made of them.
  if ((await files.kind(onnxFile)) === 'file' && !(await hasWeights(files, name)))
    return readOnnxFile(files, onnxFile, `${name}/`)
  const model = await loadModel(files, name)
  requirePictures(model, name)
  if (model.labels.length === 0)
    throw new UserError(`${name} has no classes to tell apart, only features: train it on yours with --model ${name}`)
  return {
    ...(await encode(files, forInference(inferenceGraph(model)))),
    labels: model.labels,
    preprocessor: model.preprocessor,
  }
}

/** The graph for a runtime: weights that lie in a file as it wants them are mapped from there rather than copied. */
async function encode(files: Files, graph: Graph): Promise<Encoded> {
  const found = new Map<ArrayBufferLike, string>()
  let externalFolder: string | undefined
  for (const buffer of new Set([...graph.initializers.values()].map(({ data }) => data!.buffer))) {
    const path = await files.origin?.(buffer)
    if (path === undefined) continue
    const end = path.lastIndexOf('/')
    externalFolder ??= path.slice(0, end)
    if (path.slice(0, end) === externalFolder) found.set(buffer, path.slice(end + 1))
  }
  // What is not mapped goes into the model's own bytes, which have a limit.
  const rest = [...graph.initializers.values()].filter(({ data }) => !found.has(data!.buffer))
  const fits = rest.reduce((sum, { data }) => sum + data!.byteLength, 0) <= largestModelFile
  return externalFolder !== undefined && fits
    ? { model: encodeMapped(graph, found), externalFolder }
    : encodeInMemory(graph)
}

/** `folder` ends with a slash and is where the files about the model are. */
async function readOnnxFile(files: Files, path: string, folder: string): Promise<ReadyModel> {
  const { model, graph, externalData } = await readOnnx(files, path)
  const [pixels, logits] = [graph.inputs[0], graph.outputs[0]]
  if (pixels?.dtype === 'uint8') throw preparesPictures(path)
  if (pixels?.rank !== 4 || !logits)
    throw new UserError(`${path} takes no pictures: its input should be [batch, channels, height, width]`)
  const [batch, , height] = pixels.shape
  const classes = logits.isTyped ? logits.shape.at(-1) : undefined
  const known = await preprocessorOfFile(files, graph, path, folder)
  const preprocessor = known ?? defaultPreprocessor(typeof height === 'number' ? height : 224)
  // A file of another origin may have more to it than was read.
  const isOwn = graph.metadata.has(metadataKeys.labels)
  return {
    ...(isOwn ? await encode(files, forInference(graph)) : { model, externalData }),
    ...(typeof batch === 'number' && { fixedBatch: batch }),
    labels: (await labelsOfFile(files, graph, path, folder)) ?? numberedLabels(Number(classes) || 0),
    preprocessor,
    ...(!known && { notes: [guessedPreprocessor(path, preprocessor)] }),
  }
}
