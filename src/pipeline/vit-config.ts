import { UserError } from '../errors.js'
import { completeConfig, hiddenFeatures, preset, type ViTConfig } from '../nn/index.js'
import { huggingFaceActivations, parseHuggingFaceConfig, type Weights } from '../weights/index.js'
import { type Structure, structureOf } from './structure.js'

/** What our `config.json` adds to a library's fields, for options that it lacks. */
export type OwnOptions = Partial<
  Pick<ViTConfig, 'head' | 'representationSize' | 'dropout' | 'dropPath' | 'layerNormEps'>
>

/** What a config says, or its library always does, that no tensor tells. */
type Told = Partial<
  Pick<
    ViTConfig,
    'imageSize' | 'numHeads' | 'activation' | 'layerNormEps' | 'dropout' | 'attentionDropout' | 'dropPath' | 'pooling'
  >
>

/**
 * The options of the model that a checkpoint's tensors belong to: sizes are read off the tensors, and what they do not
 * tell (heads, activation, epsilon) off its config, or is as its library always has it.
 * @param known what the caller knows better
 * @throws UserError where they do not go together
 */
export function configOf(weights: Weights, path: string, known: Partial<ViTConfig> = {}): ViTConfig {
  const { tensors, file } = weights
  const fileName = `${path}/config.json`
  const told: Told = { ...toldBy(weights, fileName), ...known }
  const structure = structureOf(tensors, file, told.imageSize)
  if (weights.source === 'huggingface' && weights.config) checkSizes(weights.config, structure, fileName)
  const config = {
    activation: structure.mlp === 'swiglu' ? ('silu' as const) : ('gelu' as const),
    layerNormEps: structure.preNorm ? 1e-5 : 1e-6,
    numHeads: weights.numHeads ?? usualHeads(structure.embedDim),
    ...told,
    ...structure,
    ...(told.pooling && { pooling: told.pooling }),
    ...known,
  }
  if (config.numHeads === undefined)
    throw new UserError(
      `${file} does not tell how many attention heads share its ${structure.embedDim} features: put its config.json beside it, or tell with vitrine convert --num-heads`,
    )
  try {
    return completeConfig({ ...config, imageSize: structure.imageSize })
  } catch (error) {
    throw new UserError(`${path} does not describe a model that can be built: ${(error as Error).message}`)
  }
}

/** Published widths whose heads have other than 64 features. */
const headsOfWidth: Record<number, number> = { 1152: 16, 1280: 16, 1408: 16, 1664: 16 }

const usualHeads = (embedDim: number): number | undefined =>
  headsOfWidth[embedDim] ?? (embedDim % 64 === 0 ? embedDim / 64 : undefined)

function toldBy({ source, modelType, config }: Weights, fileName: string): Told {
  switch (source) {
    case 'huggingface':
      return huggingFaceOptions(config ?? { model_type: modelType }, fileName)
    case 'timm':
      return config ? timmOptions(config) : {}
    case 'google':
      // flax computes GELU by tanh where it is not told otherwise, and Google's models do not tell.
      return { activation: 'geluTanh' }
    case 'openclip':
      // As OpenAI's; what other models under these names have, their files do not tell.
      return { activation: 'quickGelu' }
    default:
      return {}
  }
}

function timmOptions(config: Record<string, unknown>): Told {
  const model = objectOf(config.model_args)
  const pretrained = objectOf(config.pretrained_cfg)
  const own: OwnOptions = objectOf(config.vitrine)
  const named = preset(String(config.architecture))
  const numHeads = model.num_heads ?? named?.numHeads
  const activation = timmActivations[String(model.act_layer)] ?? named?.activation
  const pooling = String(model.global_pool ?? config.global_pool)
  const layerNormEps = own.layerNormEps ?? named?.layerNormEps
  const size = (model.img_size ?? (pretrained.input_size as unknown[] | undefined)?.[1] ?? named?.imageSize) as unknown
  return {
    ...(Number.isInteger(numHeads) && { numHeads: numHeads as number }),
    ...(activation && { activation }),
    ...(layerNormEps && { layerNormEps }),
    ...timmDropout(model),
    ...((pooling === 'token' || pooling === 'avg' || pooling === 'map') && { pooling }),
    ...(Number.isInteger(size) && { imageSize: size as number }),
  }
}

/** What timm calls the dropout of each place; Vitrine has one for the places where published models have the same. */
export const timmDropoutNames = {
  dropout: ['proj_drop_rate', 'pos_drop_rate'],
  attentionDropout: ['attn_drop_rate'],
  dropPath: ['drop_path_rate'],
} as const

function timmDropout(model: Record<string, unknown>): Told {
  const rates = Object.entries(timmDropoutNames).map(([ours, [theirs]]) => [ours, model[theirs]])
  return Object.fromEntries(rates.filter(([, rate]) => typeof rate === 'number'))
}

/** What timm calls the activations that Vitrine knows. */
export const timmActivations: Record<string, ViTConfig['activation']> = {
  gelu: 'gelu',
  gelu_tanh: 'geluTanh',
  quick_gelu: 'quickGelu',
  silu: 'silu',
  swish: 'silu',
}

const objectOf = (value: unknown) =>
  (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>

function huggingFaceOptions(json: Record<string, unknown>, fileName: string): Told {
  const config = parseHuggingFaceConfig(json, fileName)
  const own: OwnOptions = objectOf(json.vitrine)
  return {
    imageSize: config.image_size,
    numHeads: config.num_attention_heads,
    layerNormEps: config.layer_norm_eps,
    // A gated MLP has SiLU, whatever hidden_act says.
    ...(json.use_swiglu_ffn !== true && {
      activation: huggingFaceActivations[config.hidden_act as keyof typeof huggingFaceActivations],
    }),
    dropout: own.dropout ?? config.hidden_dropout_prob,
    attentionDropout: config.attention_probs_dropout_prob,
    dropPath: own.dropPath ?? config.drop_path_rate,
  }
}

/** @throws UserError where a size in a config differs from the tensors' */
function checkSizes(json: Record<string, unknown>, structure: Structure, fileName: string): void {
  const fields = { ...json, ...objectOf(json.vision_config) } as Record<string, unknown>
  for (const [field, size] of Object.entries(huggingFaceSizes(structure)))
    if (fields[field] !== undefined && fields[field] !== null && fields[field] !== size)
      throw new UserError(
        `${fileName} has the ${field} ${fields[field]}, but the weights beside it ${size}: one of them belongs to another model`,
      )
}

/** What Hugging Face calls the options that tensors tell by their shapes. */
export function huggingFaceSizes(config: Structure) {
  const { embedDim, depth, imageSize, patchSize, inChannels, qkvBias } = config
  return {
    hidden_size: embedDim,
    num_hidden_layers: depth,
    intermediate_size: hiddenFeatures(config),
    image_size: imageSize,
    patch_size: patchSize,
    num_channels: inChannels,
    qkv_bias: qkvBias,
  }
}
