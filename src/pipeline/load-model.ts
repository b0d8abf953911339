import { abridge, UserError } from '../errors.js'
import {
  defaultPreprocessor,
  type PreprocessorConfig,
  parsePreprocessorConfig,
  parseTimmConfig,
  preprocessorOf,
  preprocessorOfChannels,
  preprocessorOfSize,
} from '../image/index.js'
import { patchCount, prefixCount, preset, type StateDict, ViT, type ViTConfig } from '../nn/index.js'
import { elementCount, type Tensor } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { Runtime } from '../runtime/session.js'
import { adaptTensors, hasWeights, readWeights, type Weights } from '../weights/index.js'
import { type Checkpoint, readOnnxModel } from './from-onnx/read-onnx-model.js'
import { readJson } from './json.js'
import { reportOf } from './load-report.js'
import { type Model, numberedLabels, preprocessorFile, takesPictures } from './model.js'
import { configOf } from './vit-config.js'

export interface LoadModelOptions {
  /** The seed of weights that are drawn: all of a preset's, or a new head's. */
  seed?: number
  /** The classes to tell apart. Where a checkpoint has others, the model gets a new head. */
  labels?: readonly string[]
  /**
   * What to have otherwise. Weights are made to fit another `imageSize`, `patchSize` or `inChannels`; other options are
   * for what a checkpoint does not tell, such as `numHeads`.
   */
  config?: Partial<ViTConfig>
  /** What runs an `.onnx` file beside the model rebuilt from it, to compare them; no other model needs it. */
  runtime?: Runtime
  /** Told what the user should know, such as that the head is new. */
  onNotice?: (text: string) => void
}

/**
 * A model from a folder or file of weights of any library that `readWeights` knows (a run folder is one), from an `.onnx`
 * file of any exporter, or a preset with drawn weights.
 * @throws UserError where there is no such folder, file or preset, or its weights do not fit
 */
export async function loadModel(files: Files, name: string, options: LoadModelOptions = {}): Promise<Model> {
  const named = preset(name)
  if ((await files.kind(name)) !== undefined) return loadWeights(files, name, options)
  if (named) return drawModel(name, named, options)
  throw new UserError(
    `there is no model ${name}: give a model folder, a file of weights, or a preset such as vit_tiny_patch16_224`,
  )
}

/** The options of a preset, or of the model in a folder or file. @throws UserError where there is none */
export async function loadModelConfig(
  files: Files,
  name: string,
  options: Pick<LoadModelOptions, 'runtime'> = {},
): Promise<Partial<ViTConfig>> {
  const named = preset(name)
  return named && (await files.kind(name)) === undefined ? named : (await loadModel(files, name, options)).vit.config
}

function drawModel(name: string, options: Partial<ViTConfig>, { seed, labels, config }: LoadModelOptions): Model {
  const vit = build({ ...options, ...config, ...(labels && { numClasses: labels.length }) }, seed, name)
  const preprocessor = forChannels(defaultPreprocessor(vit.config.imageSize), vit.config)
  return { vit, labels: labels ?? numberedLabels(vit.config.numClasses), preprocessor, pretrained: false }
}

async function loadWeights(files: Files, path: string, options: LoadModelOptions): Promise<Model> {
  const { seed, labels, onNotice } = options
  const { imageSize, patchSize, inChannels, ...known } = options.config ?? {}
  const { weights, config: own, preprocessor: published, guesses } = await readCheckpoint(files, path, known, options)
  const wanted = {
    imageSize: imageSize ?? seenSize(published, own),
    patchSize: patchSize ?? own.patchSize,
    inChannels: inChannels ?? own.inChannels,
  }
  const ownLabels = weights.labels?.length === own.numClasses ? weights.labels : numberedLabels(own.numClasses)
  const keepsHead = !labels || labels.join('\n') === ownLabels.join('\n')
  const head = keepsHead ? {} : newHead(own, labels.length)
  const vit = build({ ...own, ...wanted, ...head }, seed, path)
  const fitted = fit(weights, own, vit)
  const tensors = keepsHead ? fitted.tensors : withNewHead(fitted.tensors, vit)
  const loaded = reportOf(weights, fitted, vit)
  const report = { ...loaded, notes: [...loaded.notes, ...guesses] }
  take(vit, tensors, weights.file)
  if (!keepsHead) onNotice?.(newHeadNotice(path, ownLabels, labels))
  if (fitted.resized.length > 0) onNotice?.(`${path} was made to fit: ${fitted.resized.join(', ')}`)
  for (const text of guesses) onNotice?.(text)
  if (report.unexpected.length > 0)
    onNotice?.(`${weights.file} holds tensors that the model has no place for: ${abridge(report.unexpected)}`)
  return {
    vit,
    labels: labels ?? ownLabels,
    preprocessor: forChannels(
      imageSize === undefined ? published : preprocessorOfSize(published, imageSize),
      vit.config,
    ),
    pretrained: true,
    report,
  }
}

/** The weights at a path, whatever wrote them, with what is known of their model. */
async function readCheckpoint(
  files: Files,
  path: string,
  known: Partial<ViTConfig>,
  { runtime }: LoadModelOptions,
): Promise<Checkpoint> {
  const onnx = await onnxFileOf(files, path)
  if (onnx) {
    if (!runtime) throw new UserError(`${onnx.file} can only be loaded where it can be run: give a runtime`)
    return readOnnxModel(files, onnx.file, onnx.folder, runtime, known)
  }
  const weights = await readWeights(files, path)
  const config = configOf(weights, path, known)
  return {
    weights,
    config,
    preprocessor: await readPreprocessor(files, path, weights, config),
    guesses: weights.source === 'openclip' && !known.activation ? [guessedActivation(weights)] : [],
  }
}

/** The `.onnx` file that a path is or, where a folder has no other weights, holds; and where the files about it are. */
async function onnxFileOf(files: Files, path: string): Promise<{ file: string; folder: string } | undefined> {
  const kind = await files.kind(path)
  if (kind === 'file')
    return path.endsWith('.onnx') ? { file: path, folder: path.slice(0, path.lastIndexOf('/') + 1) || './' } : undefined
  const file = `${path}/onnx/model.onnx`
  const isAlone = (await files.kind(file)) === 'file' && !(await hasWeights(files, path))
  return isAlone ? { file, folder: `${path}/` } : undefined
}

const guessedActivation = ({ file }: Weights) =>
  `${file} does not tell its activation, which was taken for quick GELU as in OpenAI's CLIP`

/** The model with a head for other classes. A representation layer without head is what a pooler was, and goes. */
function newHead(own: ViTConfig, numClasses: number): Partial<ViTConfig> {
  return { numClasses, head: 'linear', ...(own.numClasses === 0 && { representationSize: 0 }) }
}

function newHeadNotice(path: string, own: readonly string[], labels: readonly string[]): string {
  const before = own.length > 0 ? `tells apart ${abridge(own)}` : 'has none'
  return `the head is new: ${path} ${before}, and here the classes are ${abridge(labels)}`
}

/**
 * The size at which the library of a checkpoint runs its model: that of prepared pictures. It differs from the weights'
 * where a library resizes position embeddings as it goes, as Hugging Face does for DINOv2.
 */
function seenSize({ crop }: PreprocessorConfig, { imageSize, patchSize }: ViTConfig): number {
  return crop.height === crop.width && crop.height >= patchSize ? crop.height : imageSize
}

function build(config: Partial<ViTConfig>, seed: number | undefined, path: string): ViT {
  try {
    return new ViT(config, seed)
  } catch (error) {
    throw new UserError(`${path} cannot be made to fit: ${(error as Error).message}`)
  }
}

/** The tensors of a checkpoint, whose options are `own`, in the sizes of the model. */
function fit(weights: Checkpoint['weights'], own: ViTConfig, { config }: ViT) {
  const side = Math.sqrt(patchCount(config))
  const prefixTokens = own.noEmbedClass ? 0 : prefixCount(own)
  return adaptTensors(
    weights.tensors,
    { file: weights.file, prefixTokens },
    { ...config, grid: [side, side], prefixTokens },
    weights.source === 'onnx' ? 'timm' : weights.source,
  )
}

/** A checkpoint's tensors with a new linear head at zero, as Dosovitskiy et al. (2020) fine-tune. */
function withNewHead(tensors: StateDict, vit: ViT): StateDict {
  const isHead = (name: string) => /^head(_dist)?\./.test(name)
  const dropsRepresentation = !vit.preLogits
  const body = [...tensors].filter(
    ([name]) => !isHead(name) && !(dropsRepresentation && name.startsWith('pre_logits.')),
  )
  const head = [...vit.parameters].filter(([name]) => isHead(name))
  return new Map([...body, ...head.map(([name, { shape }]): [string, Tensor] => [name, zeros(shape)])])
}

const zeros = (shape: readonly number[]): Tensor => ({
  dtype: 'float32',
  shape,
  data: new Float32Array(elementCount(shape)),
})

/** Gives the model its values. */
function take(vit: ViT, tensors: StateDict, file: string) {
  const complete = new Map<string, Tensor>()
  for (const name of vit.parameters.keys()) {
    const tensor = tensors.get(name)
    if (!tensor) throw new UserError(`${file} lacks ${name}: the file is not complete, or belongs to another model`)
    complete.set(name, tensor)
  }
  try {
    vit.loadStateDict(complete)
  } catch (error) {
    throw new UserError(`${file} does not fit the config.json beside it: ${(error as Error).message}`)
  }
}

/** How pictures are prepared, as the files beside the weights say or their library always does it. */
async function readPreprocessor(
  files: Files,
  path: string,
  { source, config }: Weights,
  { imageSize, inChannels }: ViTConfig,
): Promise<PreprocessorConfig> {
  const file = `${path}/${preprocessorFile}`
  const isFor = takesPictures({ inChannels })
  if (isFor && (await files.kind(file)) === 'file') return parsePreprocessorConfig(await readJson(files, file), file)
  return isFor && source === 'timm' && config
    ? parseTimmConfig(config, `${path}/config.json`)
    : preprocessorOf[source](imageSize)
}

/** A model of other channels than pictures have keeps preprocessing for three, which nothing can use. */
const forChannels = (preprocessor: PreprocessorConfig, config: ViTConfig) =>
  takesPictures(config) ? preprocessorOfChannels(preprocessor, config.inChannels) : preprocessor
