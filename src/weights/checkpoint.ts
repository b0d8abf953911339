import { UserError } from '../errors.js'
import type { Tensor } from '../onnx/tensor.js'
import type { Files } from '../runtime/files.js'
import { toFloat32 } from './float16.js'
import { parseHuggingFaceConfig } from './huggingface-config.js'
import { huggingFaceToTimm } from './names.js'
import { findWeights, readTensors } from './read-tensors.js'

/** The weights of a ViT and what its folder says about it. */
export interface Weights {
  /** `config.json` as it is; `format` says whose fields it has. */
  config: Record<string, unknown>
  format: 'timm' | 'huggingface'
  /** The path of the file that holds the weights, or of the index of several. */
  file: string
  /** timm names, float32. */
  tensors: Map<string, Tensor>
  /** The names of the classes, by the number of their logit; absent where `config.json` has none. */
  labels?: string[]
}

/**
 * Reads a model folder of timm or Hugging Face: `config.json` and the weights beside it, as safetensors or as PyTorch
 * saves them, in one file or several.
 * @throws UserError where the folder or a file is missing or broken, or where the model is not a Vision Transformer
 */
export async function readWeights(files: Files, folder: string): Promise<Weights> {
  const configFile = `${folder}/config.json`
  if ((await files.kind(folder)) !== 'folder')
    throw new UserError(`${folder} is not a folder: give one that holds config.json and model.safetensors`)
  if ((await files.kind(configFile)) !== 'file')
    throw new UserError(
      `${configFile} is missing: a model folder of timm or Hugging Face needs config.json and model.safetensors`,
    )
  const file = await findWeights(files, folder)
  const config = parseObject(await files.readText(configFile), configFile)
  const format = formatOf(config, configFile)
  const labels = format === 'timm' ? timmLabels(config, configFile) : huggingFaceLabels(config, configFile)

  const read = asFloat32((await readTensors(files, file)).tensors, file)
  const tensors = format === 'timm' ? read : huggingFaceToTimm(read)
  checkTensors(tensors, file, labels)
  return { config, format, file, tensors, ...(labels && { labels }) }
}

function parseObject(text: string, fileName: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new UserError(`${fileName} is not valid JSON: correct it or download it again`, { cause: error })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new UserError(`${fileName} is not a JSON object: correct it or download it again`)
  }
  return value as Record<string, unknown>
}

function formatOf(config: Record<string, unknown>, fileName: string): Weights['format'] {
  if ('model_type' in config) return 'huggingface'
  if ('architecture' in config || 'pretrained_cfg' in config || 'label_names' in config) return 'timm'
  throw new UserError(
    `${fileName} describes no model: it should have the field model_type (Hugging Face) or architecture (timm)`,
  )
}

function timmLabels({ label_names: names }: Record<string, unknown>, fileName: string): string[] | undefined {
  if (names === undefined || names === null) return undefined
  if (Array.isArray(names) && names.every((name) => typeof name === 'string')) return names
  throw new UserError(`${fileName} has label_names that are not a list of strings: correct or remove them`)
}

function huggingFaceLabels(config: Record<string, unknown>, fileName: string): string[] | undefined {
  const { id2label } = parseHuggingFaceConfig(config, fileName)
  return config.id2label ? Object.values(id2label) : undefined
}

function asFloat32(tensors: Map<string, Tensor>, fileName: string): Map<string, Tensor> {
  const result = new Map<string, Tensor>()
  for (const [name, tensor] of tensors) {
    if (!/float/.test(tensor.dtype)) {
      throw new UserError(
        `${fileName} holds ${name} as ${tensor.dtype}: choose a model whose weights are floating point numbers`,
      )
    }
    result.set(name, toFloat32(tensor))
  }
  return result
}

function checkTensors(tensors: Map<string, Tensor>, fileName: string, labels: string[] | undefined): void {
  for (const name of ['patch_embed.proj.weight', 'pos_embed', 'blocks.0.attn.qkv.weight']) {
    if (!tensors.has(name)) {
      throw new UserError(
        `${fileName} holds no Vision Transformer (${name} is missing): choose a ViT of timm or Hugging Face`,
      )
    }
  }
  const classes = tensors.get('head.weight')?.shape[0]
  if (labels && classes !== undefined && labels.length !== classes) {
    throw new UserError(
      `${fileName} has ${classes} classes, but the config.json beside it names ${labels.length}: one of them belongs to another model`,
    )
  }
}
