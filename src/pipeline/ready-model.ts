import { UserError } from '../errors.js'
import { defaultPreprocessor, type PreprocessorConfig } from '../image/index.js'
import type { Files } from '../runtime/files.js'
import { hasWeights } from '../weights/index.js'
import { type Encoded, encodeForRuntime } from './encode-for-runtime.js'
import { forInference } from './inference/index.js'
import { loadModel } from './load-model.js'
import { inferenceGraph, metadataKeys, numberedLabels, requirePictures } from './model.js'
import { guessedPreprocessor, labelsOfFile, preparesPictures, preprocessorOfFile } from './onnx-about.js'
import { readOnnx } from './onnx-file.js'

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
    ...(await encodeForRuntime(files, forInference(inferenceGraph(model)))),
    labels: model.labels,
    preprocessor: model.preprocessor,
  }
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
    ...(isOwn ? await encodeForRuntime(files, forInference(graph)) : { model, externalData }),
    ...(typeof batch === 'number' && { fixedBatch: batch }),
    labels: (await labelsOfFile(files, graph, path, folder)) ?? numberedLabels(Number(classes) || 0),
    preprocessor,
    ...(!known && { notes: [guessedPreprocessor(path, preprocessor)] }),
  }
}
