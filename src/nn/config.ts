import { initializations } from './initialization.js'

/** What a Vision Transformer is made of; the names are the tutorials' and timm's. */
export interface ViTConfig {
  /** Height and width of the pictures, in pixels. */
  imageSize: number
  /** Height and width of a patch, in pixels. */
  patchSize: number
  inChannels: number
  numClasses: number
  /** The width of the model: features a token. */
  embedDim: number
  /** Encoder layers. */
  depth: number
  /** Attention heads; they share embedDim evenly. */
  numHeads: number
  /** Hidden features of the MLP, as a multiple of embedDim. */
  mlpRatio: number
  /** Whether the query, key and value projection has a bias. */
  qkvBias: boolean
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
  qkvBias: true,
  dropout: 0,
  attentionDropout: 0,
  dropPath: 0,
  layerNormEps: 1e-6,
  head: 'linear',
  representationSize: 0,
  initialization: 'paddle',
}

/** The config with defaults filled in. @throws in one sentence where a value makes no sense */
export function completeConfig(config: Partial<ViTConfig>): ViTConfig {
  const complete: ViTConfig = { ...defaultConfig, ...config }
  const counts = ['imageSize', 'patchSize', 'inChannels', 'numClasses', 'embedDim', 'depth', 'numHeads'] as const
  for (const name of counts)
    if (!(Number.isInteger(complete[name]) && complete[name] > 0))
      throw new RangeError(`${name} must be a whole number above 0, not ${complete[name]}`)
  for (const name of ['dropout', 'attentionDropout', 'dropPath'] as const)
    if (!(complete[name] >= 0 && complete[name] < 1))
      throw new RangeError(`${name} must be from 0 to below 1, not ${complete[name]}`)
  for (const name of ['mlpRatio', 'layerNormEps'] as const)
    if (!(complete[name] > 0)) throw new RangeError(`${name} must be above 0, not ${complete[name]}`)
  if (!(Number.isInteger(complete.representationSize) && complete.representationSize >= 0))
    throw new RangeError(`representationSize must be a whole number from 0 on, not ${complete.representationSize}`)
  const choices = { head: ['linear', 'mlp'], initialization: Object.keys(initializations) }
  for (const name of ['head', 'initialization'] as const)
    if (!choices[name].includes(complete[name]))
      throw new RangeError(`${name} must be one of ${choices[name].join(', ')}, not ${complete[name]}`)
  if (complete.imageSize % complete.patchSize !== 0)
    throw new RangeError(`imageSize ${complete.imageSize} is not a multiple of patchSize ${complete.patchSize}`)
  if (complete.embedDim % complete.numHeads !== 0)
    throw new RangeError(`embedDim ${complete.embedDim} does not divide among ${complete.numHeads} heads`)
  return complete
}
