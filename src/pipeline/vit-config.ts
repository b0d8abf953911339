import { UserError } from '../errors.js'
import { completeConfig, preset, type ViTConfig } from '../nn/index.js'
import {
  type HuggingFaceConfig,
  parseHuggingFaceConfig,
  type Weights,
  writeHuggingFaceConfig,
} from '../weights/index.js'

/** What our `config.json` adds to Hugging Face's fields, for options that ViTForImageClassification lacks. */
type OwnOptions = Pick<ViTConfig, 'head' | 'representationSize' | 'dropPath'>

/**
 * The options of the model that a checkpoint's tensors belong to: sizes are read off the tensors, and what they do not
 * tell (heads, epsilon, dropout) off its config. @throws UserError where they do not go together
 */
export function configOf({ config, format, file, tensors }: Weights, folder: string): ViTConfig {
  const size = (name: string, axis: number) => {
    const length = tensors.get(name)?.shape[axis]
    if (length === undefined) throw new UserError(`${file} lacks ${name}: choose the weights of a Vision Transformer`)
    return length
  }
  const embedDim = size('patch_embed.proj.weight', 0)
  const patchSize = size('patch_embed.proj.weight', 2)
  const depth = new Set([...tensors.keys()].flatMap((name) => name.match(/^blocks\.(\d+)\./)?.[1] ?? [])).size
  const fromTensors = {
    embedDim,
    patchSize,
    depth,
    inChannels: size('patch_embed.proj.weight', 1),
    imageSize: Math.sqrt(size('pos_embed', 1) - 1) * patchSize,
    mlpRatio: ratioOf(size('blocks.0.mlp.fc1.weight', 0), embedDim),
    qkvBias: tensors.has('blocks.0.attn.qkv.bias'),
    numClasses: tensors.get('head.weight')?.shape[0] ?? tensors.get('head.fc2.weight')?.shape[0] ?? 1000,
    head: tensors.has('head.fc1.weight') ? ('mlp' as const) : ('linear' as const),
    representationSize: tensors.get('pre_logits.fc.weight')?.shape[0] ?? 0,
  }
  const fromConfig =
    format === 'timm' ? timmOptions(config, embedDim) : huggingFaceOptions(config, `${folder}/config.json`, fromTensors)
  try {
    return completeConfig({ ...fromTensors, ...fromConfig })
  } catch (error) {
    throw new UserError(`${folder} does not describe a model that can be built: ${(error as Error).message}`)
  }
}

/** The quotient, rounded so that ⌊embedDim · ratio⌋ is `hidden` again. */
function ratioOf(hidden: number, embedDim: number): number {
  const ratio = hidden / embedDim
  return Math.floor(embedDim * ratio) === hidden ? ratio : ratio * (1 + Number.EPSILON)
}

function timmOptions(config: Record<string, unknown>, embedDim: number): Partial<ViTConfig> {
  const model = (config.model_args ?? {}) as Record<string, unknown>
  const named = preset(String(config.architecture))
  // All published sizes but one have heads of 64 features.
  return { numHeads: Number(model.num_heads ?? named?.numHeads ?? embedDim / 64), layerNormEps: 1e-6 }
}

function huggingFaceOptions(json: Record<string, unknown>, fileName: string, sizes: TensorSizes): Partial<ViTConfig> {
  const config = parseHuggingFaceConfig(json, fileName)
  for (const [field, size] of Object.entries(huggingFaceSizes(sizes)))
    if (json[field] !== undefined && json[field] !== size)
      throw new UserError(
        `${fileName} has the ${field} ${json[field]}, but the weights beside it ${size}: one of them belongs to another model`,
      )
  const own = (json.vitrine ?? {}) as Partial<OwnOptions>
  return {
    numHeads: config.num_attention_heads,
    layerNormEps: config.layer_norm_eps,
    dropout: config.hidden_dropout_prob,
    attentionDropout: config.attention_probs_dropout_prob,
    dropPath: own.dropPath ?? 0,
  }
}

/** The options that tensors tell by their shapes. */
type TensorSizes = Pick<
  ViTConfig,
  'embedDim' | 'depth' | 'mlpRatio' | 'imageSize' | 'patchSize' | 'inChannels' | 'qkvBias'
>

/** What Hugging Face calls them. */
function huggingFaceSizes({ embedDim, depth, mlpRatio, imageSize, patchSize, inChannels, qkvBias }: TensorSizes) {
  return {
    hidden_size: embedDim,
    num_hidden_layers: depth,
    intermediate_size: Math.floor(embedDim * mlpRatio),
    image_size: imageSize,
    patch_size: patchSize,
    num_channels: inChannels,
    qkv_bias: qkvBias,
  }
}

/** The text of `config.json` for a model: ViTForImageClassification's fields, and ours under `vitrine` where it needs more. */
export function configJson(config: ViTConfig, labels: readonly string[]): string {
  const fields: HuggingFaceConfig = {
    ...huggingFaceSizes(config),
    num_attention_heads: config.numHeads,
    layer_norm_eps: config.layerNormEps,
    hidden_act: 'gelu',
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.attentionDropout,
    initializer_range: 0.02,
    id2label: Object.fromEntries(labels.map((label, id) => [id, label])),
  }
  const { head, representationSize, dropPath } = config
  const text = writeHuggingFaceConfig(fields)
  if (head === 'linear' && representationSize === 0 && dropPath === 0) return text
  const own: OwnOptions = { head, representationSize, dropPath }
  return `${JSON.stringify({ ...JSON.parse(text), vitrine: own }, null, 2)}\n`
}
