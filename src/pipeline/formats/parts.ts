import type { ViTConfig } from '../../nn/index.js'
import { type Model, numberedLabels } from '../model.js'
import { dinov2MlpRatio } from './dinov2.js'

type Row = readonly [what: string, has: (config: ViTConfig, model: Model) => boolean]

/** What a model can have that a plain ViT (class token, linear head, three channels) has not, as a sentence calls it. */
const parts = {
  noClassToken: ['no class token', ({ classToken }) => !classToken],
  distillation: ['a distillation token', ({ distillation }) => distillation],
  registers: ['register tokens', ({ regTokens }) => regTokens > 0],
  registerPositions: ['positions of register tokens', (c) => c.regTokens > 0 && !c.noEmbedClass],
  // timm makes positions for both tokens, whatever it is told.
  bareDistillation: ['a distillation token without position', (c) => c.distillation && c.noEmbedClass],
  preNorm: ['a LayerNorm before its first layer', ({ preNorm }) => preNorm],
  layerScale: ['LayerScale', ({ initValues }) => initValues > 0],
  qkNorm: ['normalised queries and keys', ({ qkNorm }) => qkNorm],
  swiglu: ['SwiGLU', ({ mlp }) => mlp === 'swiglu'],
  otherSwigluActivation: [
    'another activation than SiLU in its SwiGLU',
    (c) => c.mlp === 'swiglu' && c.activation !== 'silu',
  ],
  otherActivation: ['another activation than the exact GELU', (c) => c.mlp === 'mlp' && c.activation !== 'gelu'],
  otherMlpWidth: ['an MLP of a fractional ratio', (config) => dinov2MlpRatio(config) === undefined],
  fcNorm: ['a LayerNorm after pooling', ({ fcNorm }) => fcNorm],
  meanPooling: ['the mean of its patches for a head', ({ pooling }) => pooling === 'avg'],
  tokenAndMeanPooling: ['a head on both the class token and the mean of its patches', (c) => c.pooling === 'token+avg'],
  meanFeatures: ['the mean of its patches as output', (c) => c.pooling.endsWith('avg') && c.numClasses === 0],
  attentionPooling: ['attention pooling', ({ pooling }) => pooling === 'map'],
  attentionPoolingHead: ['a head on attention pooling', (c) => c.pooling === 'map' && c.numClasses > 0],
  noHead: ['no head', ({ numClasses }) => numClasses === 0],
  distilledFeatures: ['a distillation token and no head', (c) => c.distillation && c.numClasses === 0],
  mlpHead: ['a head of two layers', ({ head }) => head === 'mlp'],
  representation: ['a representation layer before its head', (c) => c.representationSize > 0 && c.numClasses > 0],
  pooler: ['a representation layer and no head', (c) => c.representationSize > 0 && c.numClasses === 0],
  classifier: ['a head for named classes, or one with a bias', (c, model) => c.preNorm && isClassifier(model)],
  otherChannels: ['another number of channels than 3', ({ inChannels }) => inChannels !== 3],
  margin: ['pixels left over behind whole patches', (c) => c.imageSize % c.patchSize !== 0],
} satisfies Record<string, Row>

export type Part = keyof typeof parts
export const allParts = Object.keys(parts) as Part[]

/** What a model has beyond a plain ViT. */
export const partsOf = (model: Model): Part[] =>
  allParts.filter((part) => (parts[part] as Row)[1](model.vit.config, model))

/** A part in the words of a sentence about "a Vision Transformer with …". */
export const nameOf = (part: Part): string => parts[part][0]

/** Whether the head is more than CLIP's projection. */
function isClassifier({ vit, labels }: Model): boolean {
  return !areNumbered(labels) || (vit.parameters.get('head.bias')?.data.some((value) => value !== 0) ?? false)
}

/** Whether these are the names that classes without names get. */
export const areNumbered = (labels: readonly string[]): boolean =>
  labels.join('\n') === numberedLabels(labels.length).join('\n')
