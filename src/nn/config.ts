import { initializations } from './initialization.js'

/**
 * What a Vision Transformer is made of; the names are the tutorials' and timm's. The fields together cover ViT, DeiT,
 * DINOv2, and the vision towers of CLIP and SigLIP.
 */
export interface ViTConfig {
  /** Height and width of the pictures, in pixels. What is left over after whole patches is not looked at. */
  imageSize: number
  /** Height and width of a patch, in pixels. */
  patchSize: number
  inChannels: number
  /** 0 for a model without head, which gives the pooled features. */
  numClasses: number
  /** The width of the model: features a token. */
  embedDim: number
  /** Encoder layers. */
  depth: number
  /** Attention heads; they share embedDim evenly. */
  numHeads: number
  /** What the MLP's first layer has as features, as a multiple of embedDim: of both halves together for SwiGLU. */
  mlpRatio: number
  /** The MLP: Linear, activation, Linear; or SwiGLU (Shazeer, 2020), half of whose hidden features gate the others. */
  mlp: 'mlp' | 'swiglu'
  /** The MLP's activation: the exact GELU, its tanh form, CLIP's x·σ(1.702x), or SiLU. */
  activation: 'gelu' | 'geluTanh' | 'quickGelu' | 'silu'
  /** Whether the query, key and value projection has a bias. */
  qkvBias: boolean
  /** Whether queries and keys are normalised head by head (Dehghani et al., 2023). */
  qkNorm: boolean
  /** What LayerScale (Touvron et al., 2021) starts with; 0 for none. */
  initValues: number
  /** Whether a learned token for the class stands before the patches. */
  classToken: boolean
  /** Whether a distillation token with a head of its own follows it (DeiT, Touvron et al., 2020). */
  distillation: boolean
  /** Register tokens after the class token (Darcet et al., 2023). */
  regTokens: number
  /** Whether patches alone have position embeddings, and not the tokens before them. */
  noEmbedClass: boolean
  /** Whether tokens are normalised before the first layer, and patches projected without bias, as in CLIP. */
  preNorm: boolean
  /** What of the tokens goes to the head: the class token, the mean of the patches, both one after the other, or attention pooling (SigLIP's MAP head). */
  pooling: 'token' | 'avg' | 'token+avg' | 'map'
  /** Whether the last LayerNorm comes after pooling instead of before it. */
  fcNorm: boolean
  /** Dropout after the embedding, the projections and in the MLP, 0 to 1. */
  dropout: number
  /** Dropout on the attention weights, 0 to 1. */
  attentionDropout: number
  /** Stochastic depth of the last layer, 0 to 1; it rises linearly from 0 in the first. */
  dropPath: number
  /** Epsilon of every LayerNorm. */
  layerNormEps: number
  /** One Linear, or the Paddle notes' Linear, ReLU, Linear. */
  head: 'linear' | 'mlp'
  /** Features of an extra Linear and tanh before the linear head (pre_logits); 0 for none. */
  representationSize: number
  initialization: keyof typeof initializations
}

/** ViT-B/16 at 224 pixels, as the paper and both tutorials have it. */
export const defaultConfig: ViTConfig = {
  imageSize: 224,
  patchSize: 16,
  inChannels: 3,
  numClasses: 1000,
  embedDim: 768,
  depth: 12,
  numHeads: 12,
  mlpRatio: 4,
  mlp: 'mlp',
  activation: 'gelu',
  qkvBias: true,
  qkNorm: false,
  initValues: 0,
  classToken: true,
  distillation: false,
  regTokens: 0,
  noEmbedClass: false,
  preNorm: false,
  pooling: 'token',
  fcNorm: false,
  dropout: 0,
  attentionDropout: 0,
  dropPath: 0,
  layerNormEps: 1e-6,
  head: 'linear',
  representationSize: 0,
  initialization: 'paddle',
}

const choices = {
  mlp: ['mlp', 'swiglu'],
  activation: ['gelu', 'geluTanh', 'quickGelu', 'silu'],
  pooling: ['token', 'avg', 'token+avg', 'map'],
  head: ['linear', 'mlp'],
  initialization: Object.keys(initializations),
} as const

/** The config with defaults filled in. @throws RangeError in one sentence where a value makes no sense */
export function completeConfig(config: Partial<ViTConfig>): ViTConfig {
  const complete: ViTConfig = { ...defaultConfig, ...config }
  const whole = (name: keyof ViTConfig, least: number) => {
    const value = complete[name] as number
    if (!(Number.isInteger(value) && value >= least))
      throw new RangeError(`${name} must be a whole number from ${least} on, not ${value}`)
  }
  for (const name of ['imageSize', 'patchSize', 'inChannels', 'embedDim', 'depth', 'numHeads'] as const) whole(name, 1)
  for (const name of ['numClasses', 'regTokens', 'representationSize'] as const) whole(name, 0)
  for (const name of ['dropout', 'attentionDropout', 'dropPath'] as const)
    if (!(complete[name] >= 0 && complete[name] < 1))
      throw new RangeError(`${name} must be from 0 to below 1, not ${complete[name]}`)
  for (const name of ['mlpRatio', 'layerNormEps'] as const)
    if (!(complete[name] > 0)) throw new RangeError(`${name} must be above 0, not ${complete[name]}`)
  if (!(complete.initValues >= 0)) throw new RangeError(`initValues must be from 0 on, not ${complete.initValues}`)
  for (const [name, allowed] of Object.entries(choices))
    if (!(allowed as readonly unknown[]).includes(complete[name as keyof ViTConfig]))
      throw new RangeError(`${name} must be one of ${allowed.join(', ')}, not ${complete[name as keyof ViTConfig]}`)
  checkTogether(complete)
  return complete
}

/** What no option has wrong by itself. */
function checkTogether(config: ViTConfig) {
  const { imageSize, patchSize, embedDim, numHeads, pooling, classToken, distillation, head } = config
  if (imageSize < patchSize)
    throw new RangeError(`imageSize ${imageSize} is smaller than patchSize ${patchSize}: there would be no patch`)
  if (embedDim % numHeads !== 0) throw new RangeError(`embedDim ${embedDim} does not divide among ${numHeads} heads`)
  const hidden = Math.floor(embedDim * config.mlpRatio)
  if (config.mlp === 'swiglu' && hidden % 2 !== 0)
    throw new RangeError(`SwiGLU needs two equal halves, but mlpRatio makes ${hidden} hidden features`)
  if (!classToken && (pooling === 'token' || pooling === 'token+avg' || distillation))
    throw new RangeError(`pooling ${pooling} needs classToken${distillation ? ', and so does distillation' : ''}`)
  if (distillation && (pooling !== 'token' || head !== 'linear'))
    throw new RangeError('distillation goes with pooling token and head linear alone')
  if (head === 'mlp' && config.representationSize > 0)
    throw new RangeError('representationSize goes with head linear alone')
}

/** The patches of a picture; pixels left over at its right and lower edge belong to none. */
export const patchCount = ({ imageSize, patchSize }: Pick<ViTConfig, 'imageSize' | 'patchSize'>): number =>
  Math.floor(imageSize / patchSize) ** 2
