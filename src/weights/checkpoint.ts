import { UserError } from '../errors.js'
import type { Files } from '../runtime/files.js'
import { type CanonicalWeights, toCanonical } from './names/index.js'
import { findWeights, isUsualName, readTensors } from './read-tensors.js'

/** The weights of a ViT and what the folder they lie in says about it. */
export interface Weights extends CanonicalWeights {
  /** The path of the file that holds the weights, or of the index of several. */
  file: string
  /** The `config.json` of the folder as it is, where there is one; `source` says whose fields it has. */
  config?: Record<string, unknown>
  /** The names of the classes, by the number of their logit; absent where `config.json` has none. */
  labels?: string[]
}

/**
 * Reads the weights of a ViT of any library in any format: a model folder, with or without a `config.json`, or a file.
 * Of a file with the name that files in model folders have, the `config.json` beside it counts as well.
 * @throws UserError where the folder or a file is missing or broken, or where the model is not a Vision Transformer
 */
export async function readWeights(files: Files, path: string): Promise<Weights> {
  const kind = await files.kind(path)
  if (kind === undefined) throw new UserError(`${path} does not exist: give a model folder, or a file of weights`)
  const file = kind === 'folder' ? await findWeights(files, path) : path
  const configFile = `${file.slice(0, file.lastIndexOf('/') + 1)}config.json`
  const config = kind === 'folder' || isUsualName(file) ? await readConfig(files, configFile) : undefined

  const { tensors, notes } = await readTensors(files, file)
  const canonical = toCanonical(tensors, file)
  dropUnusedPooler(canonical, config)
  const labels = config && labelsOf(canonical, config, configFile)
  checkClasses(canonical, labels, file)
  return {
    ...canonical,
    notes: [...notes, ...canonical.notes],
    file,
    ...(config && { config }),
    ...(labels && { labels }),
  }
}

/** transformers classifies without the pooler, even where a file has one. Our own models with both say so (`vitrine`). */
function dropUnusedPooler({ source, tensors, notes }: CanonicalWeights, config?: Record<string, unknown>): void {
  if (source !== 'huggingface' || !tensors.has('head.weight') || config?.vitrine) return
  const dropped = ['weight', 'bias'].filter((name) => tensors.delete(`pre_logits.fc.${name}`))
  if (dropped.length > 0) notes.push('left out the pooler, which the classifier does not use')
}

/** @returns undefined where there is no such file */
async function readConfig(files: Files, fileName: string): Promise<Record<string, unknown> | undefined> {
  if ((await files.kind(fileName)) !== 'file') return undefined
  let value: unknown
  try {
    value = JSON.parse(await files.readText(fileName))
  } catch (error) {
    if (error instanceof UserError) throw error
    throw new UserError(`${fileName} is not valid JSON: correct it or download it again`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${fileName} is not a JSON object: correct it or download it again`)
  }
  return value as Record<string, unknown>
}

/** The names of the classes, where the model has a head for classes. */
function labelsOf(
  { source, modelType, tensors }: CanonicalWeights,
  config: Record<string, unknown>,
  fileName: string,
): string[] | undefined {
  if (classesOf(tensors) === undefined || modelType === 'clip_vision_model') return undefined
  if (source === 'huggingface') return huggingFaceLabels(config)
  return source === 'timm' ? timmLabels(config, fileName) : undefined
}

function timmLabels({ label_names: names }: Record<string, unknown>, fileName: string): string[] | undefined {
  if (names === undefined || names === null) return undefined
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new UserError(`${fileName} has label_names that are not a list of strings: correct or remove them`)
}

/** From `id2label`, where it is what it should be: names by the numbers from 0 on. */
function huggingFaceLabels({ id2label }: Record<string, unknown>): string[] | undefined {
  if (typeof id2label !== 'object' || id2label === null) return undefined
  const labels = Object.entries(id2label)
  const areLabels = labels.every(([key, label], i) => key === `${i}` && typeof label === 'string')
  return labels.length > 0 && areLabels ? labels.map(([, label]) => label as string) : undefined
}

function classesOf(tensors: CanonicalWeights['tensors']): number | undefined {
  return (tensors.get('head.weight') ?? tensors.get('head.fc2.weight'))?.shape[0]
}

function checkClasses({ tensors }: CanonicalWeights, labels: string[] | undefined, fileName: string): void {
  const classes = classesOf(tensors)
  if (labels && classes !== undefined && labels.length !== classes) {
    throw new UserError(
      `${fileName} has ${classes} classes, but the config.json beside it names ${labels.length}: one of them belongs to another model`,
    )
  }
}
