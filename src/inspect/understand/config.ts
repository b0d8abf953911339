import { ratioOf, type ViTConfig } from '../../nn/index.js'
import type { Graph } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { numberOf, traitsOf, usualTraits } from './layer-traits.js'
import { prefixOf, prefixTokens } from './prefix-tokens.js'
import type { Roles } from './roles.js'

/**
 * The options of nn/'s ViT that a graph's parts tell, as far as they do. What only matters while training, such as
 * dropout, no graph tells.
 */
export function configOf(graph: Graph, roles: Roles, depth: number): Partial<ViTConfig> {
  const { layers, patchEmbedding } = roles
  const tokens = prefixTokens(roles)
  const traits = usualTraits(layers.map(traitsOf))
  const patchSize = numberOf(patchEmbedding, 'patchSize')
  const embedDim = traits.dim ?? numberOf(patchEmbedding, 'dim')
  const prefix = prefixOf(roles)
  const positions = positionCount(roles)
  const imageSize = imageSizeOf(graph, positions, prefix, patchSize)
  return defined({
    imageSize,
    patchSize,
    inChannels: numberOf(patchEmbedding, 'inChannels'),
    embedDim,
    depth,
    numHeads: traits.heads,
    mlpRatio: embedDim && traits.hidden ? ratioOf(traits.hidden, embedDim) : undefined,
    mlp: traits.mlp,
    activation: activations.find((name) => name === traits.activation),
    qkvBias: traits.qkvBias,
    qkNorm: traits.qkNorm,
    // What LayerScale started with is not kept, and of no use to a model that has learned.
    initValues: traits.layerScale ? 1e-5 : 0,
    ...tokens,
    noEmbedClass:
      positions !== undefined && prefix > 0 && hasPatchPositionsAlone(positions, imageSize, patchSize, tokens),
    preNorm: roles.normPre !== undefined,
    ...poolingOf(roles),
    layerNormEps: traits.epsilon,
    ...headOf(roles),
  })
}

const activations = ['gelu', 'geluTanh', 'quickGelu', 'silu'] as const

/** How many tokens get a position; a table that is resized for the picture has as many as there are tokens then. */
function positionCount({ positionEmbedding: part }: Roles): number | undefined {
  if (!part?.details.interpolated) return numberOf(part, 'tokens')
  const tokens = part.inputs[0]?.isTyped ? part.inputs[0].shape.at(-2) : undefined
  return typeof tokens === 'number' ? tokens : undefined
}

/** Height and width of the pictures: of the input, where they are fixed and equal, else by the positions. */
function imageSizeOf(graph: Graph, positions: number | undefined, prefix: number, patchSize: number | undefined) {
  const pixels = graph.inputs.find((input) => input.isTyped && input.rank === 4)
  const sizes = pixels?.shape.filter((size): size is number => typeof size === 'number') ?? []
  const [height, width] = sizes.slice(-2)
  if (sizes.length >= 2 && height === width) return height
  if (positions === undefined || patchSize === undefined) return undefined
  const side = [positions - prefix, positions, positions - 1].map(Math.sqrt).find(Number.isInteger)
  return side && side * patchSize
}

/** Whether only patches have positions, also where the class token has one but the registers behind it do not. */
function hasPatchPositionsAlone(
  positions: number,
  imageSize: number | undefined,
  patchSize: number | undefined,
  { classToken, distillation, regTokens }: ReturnType<typeof prefixTokens>,
): boolean {
  const patches = imageSize && patchSize ? Math.floor(imageSize / patchSize) ** 2 : undefined
  if (patches === undefined) return false
  return positions === patches || (classToken && !distillation && regTokens > 0 && positions === patches + 1)
}

function poolingOf({ pooling, norm, fcNorm }: Roles): Pick<Partial<ViTConfig>, 'pooling' | 'fcNorm'> {
  const form = (['token', 'avg', 'token+avg', 'map'] as const).find((name) => name === pooling?.details.form)
  // One token is the same whether it is normalised before or after it is taken.
  return { ...(form && { pooling: form }), fcNorm: form !== 'token' && !norm && fcNorm !== undefined }
}

/** What kind of head the products after pooling are. */
function headOf({ head }: Roles): Partial<Pick<ViTConfig, 'numClasses' | 'head' | 'representationSize'>> {
  const features = (part: Part | undefined) => numberOf(part, 'outFeatures') ?? numberOf(part, 'classes') ?? 0
  const shape = headShape(head)
  switch (shape) {
    case 'none':
      return { numClasses: 0, head: 'linear', representationSize: 0 }
    case 'linear':
      return { numClasses: features(head[0]), head: 'linear', representationSize: 0 }
    case 'pooler':
      return { numClasses: 0, head: 'linear', representationSize: features(head[0]) }
    case 'representation':
      return { numClasses: features(head[2]), head: 'linear', representationSize: features(head[0]) }
    case 'mlp':
      return { numClasses: features(head[2]), head: 'mlp', representationSize: 0 }
    default:
      return {}
  }
}

/** The heads that nn/ has, by the order of their products and activations. */
export function headShape(head: readonly Part[]): 'none' | 'linear' | 'pooler' | 'representation' | 'mlp' | undefined {
  const words = head.map(({ kind, details }) =>
    kind === 'linear' || kind === 'head' ? 'linear' : String(details.function ?? kind).toLowerCase(),
  )
  return shapes.get(words.join(' '))
}

const shapes = new Map([
  ['', 'none'],
  ['linear', 'linear'],
  ['linear tanh', 'pooler'],
  ['linear tanh linear', 'representation'],
  ['linear relu linear', 'mlp'],
] as const) as ReadonlyMap<string, 'none' | 'linear' | 'pooler' | 'representation' | 'mlp'>

/** Without the fields that are undefined. */
function defined(config: { [K in keyof ViTConfig]?: ViTConfig[K] | undefined }): Partial<ViTConfig> {
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))
}
