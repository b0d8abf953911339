import { UserError } from '../errors.js'
import { defaultPreprocessor, type PreprocessorConfig, parsePreprocessorConfig } from '../image/index.js'
import { encodeInMemory, encodeMapped, type Graph, largestModelFile } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { SessionOptions } from '../runtime/session.js'
import { hasWeights } from '../weights/index.js'
import { forInference } from './inference/index.js'
import { parseJson, readJson } from './json.js'
import { loadModel } from './load-model.js'
import { inferenceGraph, metadataKeys, numberedLabels, preprocessorFile, requirePictures } from './model.js'
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
  if (pixels?.dtype === 'uint8')
    throw new UserError(
      `${path} prepares pictures in its own way: choose the model folder, or an export without --preprocessing`,
    )
  if (pixels?.rank !== 4 || !logits)
    throw new UserError(`${path} takes no pictures: its input should be [batch, channels, height, width]`)
  const [batch, , height] = pixels.shape
  const classes = logits.isTyped ? logits.shape.at(-1) : undefined
  const known = ownPreprocessor(graph, path) ?? (await preprocessorIn(files, folder))
  const preprocessor = known ?? defaultPreprocessor(typeof height === 'number' ? height : 224)
  // A file of another origin may have more to it than was read.
  const isOwn = graph.metadata.has(metadataKeys.labels)
  return {
    ...(isOwn ? await encode(files, forInference(graph)) : { model, externalData }),
    ...(typeof batch === 'number' && { fixedBatch: batch }),
    labels: ownLabels(graph, path) ?? (await labelsIn(files, folder)) ?? numberedLabels(Number(classes) || 0),
    preprocessor,
    ...(!known && { notes: [guessedPreprocessor(path, preprocessor)] }),
  }
}

const guessedPreprocessor = (path: string, { crop }: PreprocessorConfig) =>
  `${path} does not say how pictures are prepared, so they are made ${crop.height} × ${crop.width} and normalised with mean and deviation 0.5: put its ${preprocessorFile} beside it if that is wrong`

/** The labels that our own files carry. */
function ownLabels({ metadata }: Graph, path: string): string[] | undefined {
  const text = metadata.get(metadataKeys.labels)
  return text === undefined ? undefined : (parseJson(text, `${path}: ${metadataKeys.labels}`) as string[])
}

function ownPreprocessor({ metadata }: Graph, path: string): PreprocessorConfig | undefined {
  const text = metadata.get(metadataKeys.preprocessor)
  return text === undefined
    ? undefined
    : parsePreprocessorConfig(parseJson(text, `${path}: ${metadataKeys.preprocessor}`), path)
}

/** The labels in a `class_indices.json`, as the tutorials write it, or in a `config.json` of Hugging Face. */
async function labelsIn(files: Files, folder: string): Promise<string[] | undefined> {
  const own = await readIfThere(files, `${folder}class_indices.json`)
  const labels = own ?? (await readIfThere(files, `${folder}config.json`))?.id2label
  return typeof labels === 'object' && labels !== null ? Object.values(labels) : undefined
}

async function preprocessorIn(files: Files, folder: string): Promise<PreprocessorConfig | undefined> {
  const path = `${folder}${preprocessorFile}`
  const json = await readIfThere(files, path)
  return json && parsePreprocessorConfig(json, path)
}

async function readIfThere(files: Files, path: string): Promise<Record<string, unknown> | undefined> {
  return (await files.kind(path)) === 'file' ? ((await readJson(files, path)) as Record<string, unknown>) : undefined
}
