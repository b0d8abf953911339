import { completeConfig, preset, publishedModels, type ViTConfig } from '../../nn/index.js'
import { timmActivations, timmDropoutNames } from '../vit-config.js'

/**
 * The arguments of timm's VisionTransformer, by the options that they stand for. The number of classes stands elsewhere:
 * transformers, which hands such a folder to timm, gives it itself and breaks on a second one.
 */
const argumentNames = {
  imageSize: 'img_size',
  patchSize: 'patch_size',
  inChannels: 'in_chans',
  embedDim: 'embed_dim',
  depth: 'depth',
  numHeads: 'num_heads',
  mlpRatio: 'mlp_ratio',
  activation: 'act_layer',
  qkvBias: 'qkv_bias',
  qkNorm: 'qk_norm',
  initValues: 'init_values',
  classToken: 'class_token',
  regTokens: 'reg_tokens',
  noEmbedClass: 'no_embed_class',
  preNorm: 'pre_norm',
  pooling: 'global_pool',
  fcNorm: 'fc_norm',
} as const

/** Arguments that timm takes from elsewhere where they are missing, or decides on by others. */
const alwaysGiven: readonly string[] = ['imageSize', 'inChannels', 'pooling', 'fcNorm']

const architectures = publishedModels.map(({ name }) => ({ name, config: completeConfig(preset(name)!) }))

/**
 * The architecture with the fewest options that differ from the model's, of those with what no argument changes: the
 * distillation token, the kind of MLP and, where there is one, the epsilon.
 */
export function timmArchitecture(wanted: ViTConfig): { name: string; layerNormEps: number } {
  const possible = architectures.filter(
    ({ config }) => config.distillation === wanted.distillation && config.mlp === wanted.mlp,
  )
  const exact = possible.filter(({ config }) => config.layerNormEps === wanted.layerNormEps)
  const usual = possible.filter(({ config }) => config.layerNormEps === 1e-6)
  const [first, ...others] = exact.length > 0 ? exact : usual
  const best = others.reduce(
    (best, other) =>
      differences(wanted, other.config).length < differences(wanted, best.config).length ? other : best,
    first!,
  )
  return { name: best.name, layerNormEps: best.config.layerNormEps }
}

/** The options that an architecture has otherwise. */
function differences(wanted: ViTConfig, config: ViTConfig) {
  return Object.keys(argumentNames).filter((option) => {
    const [a, b] = [wanted[option as keyof ViTConfig], config[option as keyof ViTConfig]]
    // What LayerScale starts with is of no use to a model with weights.
    return option === 'initValues' ? (a === 0) !== (b === 0) : a !== b
  }) as (keyof typeof argumentNames)[]
}

/** What timm has to be told besides the name of the architecture. */
export function timmArguments(config: ViTConfig, architecture: string): Record<string, unknown> {
  const named = architectures.find(({ name }) => name === architecture)!.config
  const differing: readonly string[] = differences(config, named)
  const given = Object.entries(argumentNames).filter(
    ([option]) => alwaysGiven.includes(option) || differing.includes(option),
  )
  const dropout = Object.entries(timmDropoutNames).flatMap(([option, names]) => {
    const rate = config[option as keyof typeof timmDropoutNames]
    return rate > 0 ? names.map((name) => [name, rate]) : []
  })
  return Object.fromEntries([...given.map(([option, name]) => [name, argumentOf(config, option)]), ...dropout])
}

function argumentOf(config: ViTConfig, option: string): unknown {
  const value = config[option as keyof ViTConfig]
  return option === 'activation' ? Object.entries(timmActivations).find(([, ours]) => ours === value)![0] : value
}
