import { UserError } from '../errors.js'

/**
 * The fields of a Hugging Face `config.json` that describe a ViTForImageClassification. Those that follow from these or
 * never change (model_type, architectures, label2id, torch_dtype) are added by `writeHuggingFaceConfig`.
 */
export interface HuggingFaceConfig {
  hidden_size: number
  num_hidden_layers: number
  num_attention_heads: number
  intermediate_size: number
  /** Height and width of the image in pixels. */
  image_size: number
  patch_size: number
  num_channels: number
  qkv_bias: boolean
  layer_norm_eps: number
  /** The exact GELU: the only activation that Vitrine knows. */
  hidden_act: 'gelu'
  hidden_dropout_prob: number
  attention_probs_dropout_prob: number
  /** The standard deviation that new weights are drawn with. */
  initializer_range: number
  /** The names of the classes, by the number of their logit. */
  id2label: Record<number, string>
}

/** What transformers assumes where a file leaves a field out. */
const defaults: HuggingFaceConfig = {
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  image_size: 224,
  patch_size: 16,
  num_channels: 3,
  qkv_bias: true,
  layer_norm_eps: 1e-12,
  hidden_act: 'gelu',
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  initializer_range: 0.02,
  id2label: { 0: 'LABEL_0', 1: 'LABEL_1' },
}

/**
 * Checks a parsed `config.json` and fills in what it leaves out; fields it does not know are dropped.
 * @throws UserError, naming `fileName`, where it describes no ViT or a field has a value that cannot be
 */
export function parseHuggingFaceConfig(json: Record<string, unknown>, fileName: string): HuggingFaceConfig {
  if (json.model_type !== 'vit') {
    throw new UserError(
      `${fileName} describes no Vision Transformer (its model_type is ${JSON.stringify(json.model_type)}): choose a model of type "vit"`,
    )
  }
  const result = { ...defaults }
  for (const field of Object.keys(defaults) as (keyof HuggingFaceConfig)[]) {
    // null stands for "not set" in files that Python wrote.
    const value = json[field] ?? defaults[field]
    const [isValid, wanted] = rules[field]
    if (!isValid(value)) {
      throw new UserError(`${fileName} has the ${field} ${shorten(value)}: it must be ${wanted}`)
    }
    Object.assign(result, { [field]: value })
  }
  if (result.hidden_size % result.num_attention_heads !== 0) {
    throw new UserError(
      `${fileName} has the hidden_size ${result.hidden_size}: it must be a multiple of num_attention_heads, which is ${result.num_attention_heads}`,
    )
  }
  if (result.image_size % result.patch_size !== 0) {
    throw new UserError(
      `${fileName} has the image_size ${result.image_size}: it must be a multiple of patch_size, which is ${result.patch_size}`,
    )
  }
  return result
}

type Rule = [isValid: (value: unknown) => boolean, wanted: string]

const count: Rule = [(value) => Number.isSafeInteger(value) && (value as number) > 0, 'a whole number above 0']
const probability: Rule = [
  (value) => typeof value === 'number' && value >= 0 && value < 1,
  'a number from 0 up to, but not including, 1',
]
const positive: Rule = [(value) => typeof value === 'number' && value > 0, 'a number above 0']

const rules: Record<keyof HuggingFaceConfig, Rule> = {
  hidden_size: count,
  num_hidden_layers: count,
  num_attention_heads: count,
  intermediate_size: count,
  image_size: count,
  patch_size: count,
  num_channels: count,
  qkv_bias: [(value) => typeof value === 'boolean', 'true or false'],
  layer_norm_eps: positive,
  hidden_act: [(value) => value === 'gelu', '"gelu", the only activation that Vitrine knows'],
  hidden_dropout_prob: probability,
  attention_probs_dropout_prob: probability,
  initializer_range: positive,
  id2label: [isLabels, 'an object that maps "0", "1", "2" and so on to the names of the classes'],
}

function isLabels(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const labels = Object.entries(value)
  return labels.length > 0 && labels.every(([key, label], i) => key === `${i}` && typeof label === 'string')
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}

/**
 * The text of a `config.json` that transformers, transformers.js and the hub understand, sorted as transformers does.
 */
export function writeHuggingFaceConfig(config: HuggingFaceConfig): string {
  const labels = Object.values(config.id2label)
  const complete = {
    ...config,
    architectures: ['ViTForImageClassification'],
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    model_type: 'vit',
    // Older versions know this name alone, newer ones read it as `dtype`.
    torch_dtype: 'float32',
  }
  const sorted = Object.fromEntries(Object.entries(complete).sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${JSON.stringify(sorted, null, 2)}\n`
}
