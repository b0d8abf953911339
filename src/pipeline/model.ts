import { UserError } from '../errors.js'
import {
  defaultPreprocessor,
  evaluationPixels,
  type PreprocessorConfig,
  parsePreprocessorConfig,
  parseTimmConfig,
  toPreprocessorJson,
} from '../image/index.js'
import { preset, type StateDict, ViT, type ViTConfig } from '../nn/index.js'
import { elementCount, Graph, type Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import { readWeights, serializeSafetensors, timmToHuggingFace } from '../weights/index.js'
import { writeOnnx } from './onnx-file.js'
import { configJson, configOf } from './vit-config.js'

/** A Vision Transformer with all that its use needs: the names of its classes and how pictures are prepared for it. */
export interface Model {
  vit: ViT
  labels: readonly string[]
  preprocessor: PreprocessorConfig
  /** Whether the weights were learned, rather than drawn. */
  pretrained: boolean
}

export interface LoadModelOptions {
  /** The seed of weights that are drawn: all of a preset's, or a new head's. */
  seed?: number
  /** The classes to tell apart. Where a checkpoint has others, the model gets a new head. */
  labels?: readonly string[]
  /** Told what the user should know, such as that the head is new. */
  onNotice?: (text: string) => void
}

/** The file of a model folder that says how pictures are prepared. */
const preprocessorFile = 'preprocessor_config.json'

/**
 * A model from a folder of timm or Hugging Face (a run folder is one), or a preset with drawn weights.
 * @throws UserError where there is no such folder or preset, or its weights do not fit
 */
export async function loadModel(files: Files, name: string, options: LoadModelOptions = {}): Promise<Model> {
  const { seed = 0, labels, onNotice } = options
  const presetOptions = preset(name)
  if (presetOptions && (await files.kind(name)) === undefined) {
    const vit = new ViT({ ...presetOptions, ...(labels && { numClasses: labels.length }) }, seed)
    const preprocessor = defaultPreprocessor(vit.config.imageSize)
    return { vit, labels: labels ?? numberedLabels(vit.config.numClasses), preprocessor, pretrained: false }
  }
  const kind = await files.kind(name)
  if (kind !== 'folder')
    throw new UserError(
      `${kind === 'file' ? `${name} is a file` : `there is no model ${name}`}: give a model folder, or a preset such as vit_tiny_patch16_224`,
    )
  const weights = await readWeights(files, name)
  const config = configOf(weights, name)
  const own = weights.labels ?? numberedLabels(config.numClasses)
  const preprocessor = await readPreprocessor(
    files,
    name,
    weights.format === 'timm' ? weights.config : undefined,
    config.imageSize,
  )
  const keepsHead = !labels || labels.join('\n') === own.join('\n')
  if (!keepsHead)
    onNotice?.(`the head is new: ${name} tells apart ${abridge(own)}, and here the classes are ${abridge(labels)}`)
  const vit = keepsHead
    ? new ViT(config, seed)
    : new ViT({ ...config, numClasses: labels.length, head: 'linear' }, seed)
  loadWeights(vit, keepsHead ? weights.tensors : replaceHead(weights.tensors, vit), weights.file)
  return { vit, labels: labels ?? own, preprocessor, pretrained: true }
}

const abridge = (labels: readonly string[]) =>
  labels.length > 5 ? `${labels.length} classes (${labels.slice(0, 3).join(', ')}, …)` : labels.join(', ')

/** A checkpoint's tensors with a new linear head at zero, as Dosovitskiy et al. (2020) fine-tune. */
function replaceHead(tensors: StateDict, vit: ViT): StateDict {
  const body = [...tensors].filter(([name]) => !name.startsWith('head.'))
  const head = [...vit.parameters].filter(([name]) => name.startsWith('head.'))
  const zeros = (shape: readonly number[]): Tensor => ({
    dtype: 'float32',
    shape,
    data: new Float32Array(elementCount(shape)),
  })
  return new Map([...body, ...head.map(([name, { shape }]): [string, Tensor] => [name, zeros(shape)])])
}

function loadWeights(vit: ViT, tensors: StateDict, file: string) {
  const missing = [...vit.parameters.keys()].find((name) => !tensors.has(name))
  if (missing) throw new UserError(`${file} lacks ${missing}: the file is not complete, or belongs to another model`)
  try {
    vit.loadStateDict(tensors)
  } catch (error) {
    throw new UserError(`${file} does not fit the config.json beside it: ${(error as Error).message}`)
  }
}

/** The options of a preset, or of the model in a folder. @throws UserError where there is neither */
export async function loadModelConfig(files: Files, name: string): Promise<Partial<ViTConfig>> {
  return preset(name) ?? (await loadModel(files, name)).vit.config
}

/** Names for classes that have none. */
export const numberedLabels = (count: number) => Array.from({ length: count }, (_, i) => `class ${i}`)

async function readPreprocessor(
  files: Files,
  folder: string,
  timmConfig: unknown,
  imageSize: number,
): Promise<PreprocessorConfig> {
  const path = `${folder}/${preprocessorFile}`
  if ((await files.kind(path)) === 'file') return parsePreprocessorConfig(await readJson(files, path), path)
  return timmConfig ? parseTimmConfig(timmConfig, `${folder}/config.json`) : defaultPreprocessor(imageSize)
}

/** @throws UserError where the file is missing or no JSON */
export async function readJson(files: Files, path: string): Promise<unknown> {
  return parseJson(await files.readText(path), path)
}

/** @throws UserError which names `where` the text stands, if it is no JSON */
export function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new UserError(`${where} is not valid JSON: correct it or write it again`)
  }
}

/** Where in an .onnx file's metadata the labels and the preprocessing are kept. */
export const metadataKeys = { labels: 'vitrine.labels', preprocessor: 'vitrine.preprocessor_config' }

/** The model as an ONNX graph that carries its labels and preprocessing along. */
export function inferenceGraph(
  { vit, labels, preprocessor }: Model,
  options: { opset?: number; batch?: number | string } = {},
): Graph {
  const graph = vit.build(new Graph({ opset: options.opset }), options.batch)
  graph.metadata.set(metadataKeys.labels, JSON.stringify(labels))
  graph.metadata.set(metadataKeys.preprocessor, JSON.stringify(toPreprocessorJson(preprocessor)))
  return graph
}

/**
 * The model with its evaluation preprocessing in front: input `image` uint8 [height, width, 3], output `logits`
 * [1, classes]. @throws before opset 18, whose Resize lacks Pillow's antialiasing
 */
export function pictureGraph({ vit, labels, preprocessor }: Model, opset?: number): Graph {
  const graph = new Graph({ opset })
  const image = graph.input('image', 'uint8', ['height', 'width', 3])
  graph.output('logits', vit.forward(evaluationPixels(image, preprocessor)))
  graph.metadata.set(metadataKeys.labels, JSON.stringify(labels))
  return graph
}

/**
 * Writes a model as a folder that Hugging Face's libraries read as a ViTForImageClassification: config.json,
 * preprocessor_config.json, model.safetensors; also class_indices.json and onnx/model.onnx.
 */
export async function saveModel(files: Files, folder: string, model: Model): Promise<void> {
  const { vit, labels, preprocessor } = model
  await files.write(`${folder}/config.json`, configJson(vit.config, labels))
  await files.write(`${folder}/${preprocessorFile}`, `${JSON.stringify(toPreprocessorJson(preprocessor), null, 2)}\n`)
  await files.write(`${folder}/class_indices.json`, `${JSON.stringify({ ...labels }, null, 4)}\n`)
  await files.write(
    `${folder}/model.safetensors`,
    serializeSafetensors(timmToHuggingFace(vit.stateDict()), { format: 'pt' }),
  )
  await writeOnnx(files, `${folder}/onnx/model.onnx`, inferenceGraph(model))
}
