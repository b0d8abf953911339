import { UserError } from '../errors.js'

/** What a `config.json` of transformers says about a Vision Transformer, under transformers' names. */
export interface HuggingFaceConfig {
  /** Whose fields these are: of a model of text and pictures, those of its vision tower. */
  model_type: HuggingFaceModelType
  hidden_size: number
  num_hidden_layers: number
  num_attention_heads: number
  /** Absent where mlp_ratio stands for it (DINOv2). */
  intermediate_size?: number
  /** Height and width of the image in pixels. */
  image_size: number
  patch_size: number
  num_channels: number
  qkv_bias: boolean
  layer_norm_eps: number
  hidden_act: string
  hidden_dropout_prob: number
  attention_probs_dropout_prob: number
  drop_path_rate: number
  /** The names of the classes, by the number of their logit. */
  id2label: Record<number, string>
}

/** What transformers assumes where a file leaves a field out. */
const vit = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072 as number | undefined,
  image_size: 224,
  patch_size: 16,
  num_channels: 3,
  qkv_bias: true,
  layer_norm_eps: 1e-12,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  drop_path_rate: 0,
  id2label: { 0: 'LABEL_0', 1: 'LABEL_1' } as Record<number, string>,
}
const dinov2 = { ...vit, layer_norm_eps: 1e-6, patch_size: 14, intermediate_size: undefined }

/** The models of transformers that are plain Vision Transformers, by their model_type. */
const modelTypes = {
  vit,
  vit_mae: vit,
  vit_msn: { ...vit, layer_norm_eps: 1e-6 },
  deit: vit,
  dinov2,
  dinov2_with_registers: { ...dinov2, patch_size: 16 },
  clip_vision_model: { ...vit, layer_norm_eps: 1e-5, hidden_act: 'quick_gelu', patch_size: 32 },
  siglip_vision_model: { ...vit, layer_norm_eps: 1e-6, hidden_act: 'gelu_pytorch_tanh' },
} satisfies Record<string, typeof vit>

export type HuggingFaceModelType = keyof typeof modelTypes

/** Models that have a tower for text too; the other tower's fields are under `vision_config`. */
const towers: Record<string, HuggingFaceModelType> = { clip: 'clip_vision_model', siglip: 'siglip_vision_model' }

/** Classifiers whose logits a ViT of ours would not give. */
const otherwise: Record<string, string> = {
  CLIPForImageClassification: 'its head looks at tokens that the last normalisation has not seen',
}

/**
 * Checks a parsed `config.json` and fills in what it leaves out; fields it does not know are dropped.
 * @throws UserError, naming `fileName`, where it describes no Vision Transformer or a field has a value that cannot be
 */
export function parseHuggingFaceConfig(json: Record<string, unknown>, fileName: string): HuggingFaceConfig {
  const modelType = modelTypeOf(json, fileName)
  const fields = isObject(json.vision_config) ? { ...json, ...json.vision_config } : json
  const architecture = Array.isArray(json.architectures) ? String(json.architectures[0]) : ''
  if (Object.hasOwn(otherwise, architecture))
    throw new UserError(`${fileName} describes a ${architecture}, which Vitrine cannot be: ${otherwise[architecture]}`)
  const result: HuggingFaceConfig = {
    ...modelTypes[modelType],
    model_type: modelType,
  }
  for (const [field, [isValid, wanted]] of Object.entries(rules)) {
    const name = field as keyof typeof rules
    // null stands for "not set" in files that Python wrote.
    const value = fields[field] ?? fields[alias[field] ?? field] ?? modelTypes[modelType][name]
    if (value !== undefined && !isValid(value))
      throw new UserError(`${fileName} has the ${field} ${shorten(value)}: it must be ${wanted}`)
    Object.assign(result, { [field]: value })
  }
  if (result.hidden_size % result.num_attention_heads !== 0) {
    throw new UserError(
      `${fileName} has the hidden_size ${result.hidden_size}: it must be a multiple of num_attention_heads, which is ${result.num_attention_heads}`,
    )
  }
  return result
}

function modelTypeOf({ model_type: given }: Record<string, unknown>, fileName: string): HuggingFaceModelType {
  const name = String(given)
  if (Object.hasOwn(towers, name)) return towers[name]!
  if (Object.hasOwn(modelTypes, name)) return name as HuggingFaceModelType
  throw new UserError(
    `${fileName} describes no Vision Transformer that Vitrine knows (its model_type is ${shorten(given)}): choose a model of type ${Object.keys({ ...modelTypes, ...towers }).join(', ')}`,
  )
}

/** Other names that some model types have for a field. */
const alias: Record<string, string> = { attention_probs_dropout_prob: 'attention_dropout' }

type Rule = [isValid: (value: unknown) => boolean, wanted: string]

const count: Rule = [(value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0']
const probability: Rule = [
  (value) => typeof value === 'number' && value >= 0 && value < 1,
  'a number from 0 up to, but not including, 1',
]
const positive: Rule = [(value) => typeof value === 'number' && value > 0, 'a number above 0']

/** What transformers calls the activations that Vitrine knows. */
export const huggingFaceActivations = {
  gelu: 'gelu',
  gelu_pytorch_tanh: 'geluTanh',
  gelu_new: 'geluTanh',
  quick_gelu: 'quickGelu',
  silu: 'silu',
  swish: 'silu',
} as const

const rules: Record<keyof typeof vit, Rule> = {
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  image_size: count,
  patch_size: count,
  num_channels: count,
  qkv_bias: [(value) => typeof value === 'boolean', 'true or false'],
  layer_norm_eps: positive,
  hidden_act: [
    (value) => Object.hasOwn(huggingFaceActivations, String(value)),
    `one that Vitrine knows: ${Object.keys(huggingFaceActivations).join(', ')}`,
  ],
  hidden_dropout_prob: probability,
  attention_probs_dropout_prob: probability,
  drop_path_rate: probability,
  id2label: [isLabels, 'an object that maps "0", "1", "2" and so on to the names of the classes'],
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isLabels(value: unknown): boolean {
  if (!isObject(value)) return false
  const labels = Object.entries(value)
  return labels.length > 0 && labels.every(([key, label], i) => key === `${i}` && typeof label === 'string')
}

function shorten(value: unknown): string {
  const text = String(JSON.stringify(value))
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/**
 * The text of a `config.json` that transformers, transformers.js and the hub understand, sorted as transformers does.
 * What follows from other fields (label2id, torch_dtype) is added.
 */
export function writeHuggingFaceConfig(
  fields: Record<string, unknown> & { model_type: HuggingFaceModelType | 'siglip'; architectures: readonly string[] },
  labels: readonly string[],
): string {
  const complete = {
    ...fields,
    ...(labels.length > 0 && {
      id2label: { ...labels },
      label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    }),
    // Older versions know this name alone, newer ones read it as `dtype`.
    torch_dtype: 'float32',
  }
  const sorted = Object.fromEntries(Object.entries(complete).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify(sorted, null, 2)}\n`
}
