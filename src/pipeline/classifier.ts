import { UserError } from '../errors.js'
import {
  defaultPreprocessor,
  Preprocessor,
  type PreprocessorConfig,
  parsePreprocessorConfig,
  type RgbImage,
} from '../image/index.js'
import { encodeInMemory, type Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime, Session } from '../runtime/session.js'
import { runInParts } from './fixed-batch.js'
import { parseJson, readJson } from './json.js'
import { loadModel } from './load-model.js'
import { inferenceGraph, metadataKeys, numberedLabels } from './model.js'
import { readOnnx } from './onnx-file.js'

/** One class and how probable the model finds it, 0 to 1. */
export interface Prediction {
  label: string
  score: number
}

/** Tells what is in a picture: preprocessing, model and labels in one. */
export class Classifier {
  private constructor(
    private readonly name: string,
    private readonly session: Session,
    private readonly fixedBatch: number | undefined,
    readonly preprocessor: Preprocessor,
    readonly labels: readonly string[],
  ) {}

  /**
   * Loads a run folder, an `.onnx` file, a model folder or a preset for use.
   * @throws UserError where there is no such model, or it cannot be used to classify pictures
   */
  static async load(files: Files, runtime: Runtime, name: string): Promise<Classifier> {
    const { model, externalData = {}, fixedBatch, labels, preprocessor } = await readForUse(files, name)
    const session = await runtime.createSession(model, { externalData }).catch((error: Error) => {
      throw new UserError(`${name} cannot be run: ${error.message}`)
    })
    return new Classifier(name, session, fixedBatch, new Preprocessor(runtime, preprocessor), labels)
  }

  /** Logits [batch, classes] for prepared pixels [batch, 3, height, width], which may be taken over. */
  logits(pixels: Tensor): Promise<Tensor> {
    return this.fixedBatch === undefined
      ? this.run(pixels)
      : runInParts(pixels, this.fixedBatch, (part) => this.run(part))
  }

  private async run(pixels: Tensor): Promise<Tensor> {
    const { inputNames, outputNames } = this.session
    const results = await this.session.run({ [inputNames[0]!]: pixels }).catch((error: Error) => {
      throw new UserError(`${this.name} cannot be run on a picture: ${error.message}`)
    })
    return results[outputNames[0]!]!
  }

  /** The `topK` most probable classes of a picture, best first. The picture's bytes may be taken over. */
  async classify(image: RgbImage, topK = this.labels.length): Promise<Prediction[]> {
    const { height, width } = this.preprocessor.config.crop
    const data = await this.preprocessor.evaluate(image)
    const logits = await this.logits({ dtype: 'float32', shape: [1, 3, height, width], data })
    return topPredictions(softmax(logits.data as Float32Array), this.labels, topK)
  }

  async close(): Promise<void> {
    await this.preprocessor.close()
    await this.session.close()
  }
}

/** The probabilities that logits stand for. */
export function softmax(logits: ArrayLike<number>): number[] {
  const values = Array.from(logits)
  const highest = Math.max(...values)
  const exponentials = values.map((value) => Math.exp(value - highest))
  const sum = exponentials.reduce((a, b) => a + b, 0)
  return exponentials.map((value) => value / sum)
}

/** The `topK` classes of highest probability, best first. */
export function topPredictions(
  probabilities: readonly number[],
  labels: readonly string[],
  topK: number,
): Prediction[] {
  return probabilities
    .map((score, i) => ({ label: labels[i] ?? `class ${i}`, score }))
    .sort((a, b) => b.score - a.score)
    .slice(0, topK)
}

interface ReadyModel {
  model: Uint8Array
  externalData?: Record<string, Uint8Array>
  /** The number of pictures that the model takes at once, where it was exported for one number only. */
  fixedBatch?: number
  labels: readonly string[]
  preprocessor: PreprocessorConfig
}

async function readForUse(files: Files, name: string): Promise<ReadyModel> {
  if (name.endsWith('.onnx')) return readOnnxFile(files, name)
  const onnxFile = `${name}/onnx/model.onnx`
  // Only where there are no weights: those may have been replaced since the graph was made of them.
  if ((await files.kind(`${name}/model.safetensors`)) === undefined && (await files.kind(onnxFile)) === 'file')
    return readOnnxFile(files, onnxFile)
  const model = await loadModel(files, name)
  return { ...encodeInMemory(inferenceGraph(model)), labels: model.labels, preprocessor: model.preprocessor }
}

async function readOnnxFile(files: Files, path: string): Promise<ReadyModel> {
  const { model, graph, externalData } = await readOnnx(files, path)
  const [pixels, logits] = [graph.inputs[0], graph.outputs[0]]
  if (pixels?.dtype === 'uint8')
    throw new UserError(
      `${path} prepares pictures in its own way: choose the model folder, or an export without --preprocessing`,
    )
  if (pixels?.rank !== 4 || !logits)
    throw new UserError(`${path} takes no pictures: its input should be [batch, channels, height, width]`)
  const batch = pixels.shape[0]
  const classes = logits.isTyped ? logits.shape.at(-1) : undefined
  const height = pixels.shape[2]
  const labels = parseJson(graph.metadata.get(metadataKeys.labels) ?? 'null', `${path}: ${metadataKeys.labels}`) as
    | string[]
    | null
  const preprocessing = graph.metadata.get(metadataKeys.preprocessor)
  return {
    model,
    externalData,
    ...(typeof batch === 'number' && { fixedBatch: batch }),
    labels: labels ?? (await labelsBeside(files, path)) ?? numberedLabels(Number(classes) || 0),
    preprocessor: preprocessing
      ? parsePreprocessorConfig(parseJson(preprocessing, `${path}: ${metadataKeys.preprocessor}`), path)
      : defaultPreprocessor(typeof height === 'number' ? height : 224),
  }
}

/** The labels in a class_indices.json next to a model, as the tutorials write it. */
async function labelsBeside(files: Files, path: string): Promise<string[] | undefined> {
  const beside = `${path.slice(0, path.lastIndexOf('/') + 1) || './'}class_indices.json`
  if ((await files.kind(beside)) !== 'file') return undefined
  return Object.values((await readJson(files, beside)) as Record<string, string>)
}
