import type { Part, PartKind } from '../part.js'

/** What the parts of an encoder layer are in it. */
export interface LayerRoles {
  /** The whole layer. */
  part: Part
  norm1?: Part | undefined
  attention?: Part | undefined
  layerScale1?: Part | undefined
  norm2?: Part | undefined
  /** The feed-forward part: of kind `mlp` or `swiGlu`. */
  mlp?: Part | undefined
  layerScale2?: Part | undefined
  /** What has none of these places. */
  others: readonly Part[]
}

/** What the parts of a graph are in a Vision Transformer; what it lacks is left out. */
export interface Roles {
  patchEmbedding?: Part | undefined
  classToken?: Part | undefined
  distillationToken?: Part | undefined
  registerTokens?: Part | undefined
  positionEmbedding?: Part | undefined
  /** The norm before the first layer. */
  normPre?: Part | undefined
  layers: readonly LayerRoles[]
  /** The norm over all tokens, after the last layer. */
  norm?: Part | undefined
  pooling?: Part | undefined
  /** The norm after pooling. */
  fcNorm?: Part | undefined
  /** The products after pooling, in order, and the activations between them: one Linear mostly. */
  head: readonly Part[]
  /** The head of the distillation token. */
  distillationHead?: Part | undefined
  /** What makes probabilities of the logits, where the graph does so itself. */
  softmax?: Part | undefined
  /** Parts before and behind the encoder that have no place in a Vision Transformer. */
  others: readonly Part[]
}

/** Parts that say no more about a model than the nodes they put in order. */
const silent: ReadonlySet<PartKind> = new Set(['layout', 'shapeArithmetic'])

/** Operators that hand on what they are given, perhaps with other precision. */
const neutral: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Dropout'])

const isSilent = ({ kind, nodes, parts }: Part) =>
  silent.has(kind) || (kind === 'residual' && parts.length === 0) || nodes.every(({ op }) => neutral.has(op))

/** Parts that only hold others together. */
const containers: ReadonlySet<PartKind> = new Set(['preprocessing', 'encoder', 'postprocessing', 'residual', 'head'])

/** The parts in order, with what containers hold in place of them. */
export function flatten(parts: readonly Part[]): Part[] {
  return parts.flatMap((part) => {
    if (isSilent(part)) return []
    if (containers.has(part.kind) && part.parts.length > 0) return flatten(part.parts)
    // Tokens that one Concat puts before the patches share its node: the first has the others in it.
    return [part, ...part.parts.filter(({ kind }) => tokens.has(kind))]
  })
}

const tokens: ReadonlySet<PartKind> = new Set(['distillationToken', 'registerTokens'])

/** Finds each part's place in a Vision Transformer, by its kind and by what comes before it. */
export function rolesOf(stages: readonly Part[]): Roles {
  const parts = flatten(stages)
  const first = parts.findIndex(({ kind }) => kind === 'encoderLayer')
  const last = parts.findLastIndex(({ kind }) => kind === 'encoderLayer')
  const isInside = (i: number) => i >= first && i <= last
  const before = parts.slice(0, Math.max(first, 0))
  const after = parts.slice(last + 1)
  const find = (kind: PartKind) => parts.find((part, i) => part.kind === kind && !isInside(i))
  const pooled = after.findIndex(({ kind }) => kind === 'pooling')
  const isNorm = ({ kind }: Part) => kind === 'layerNorm' || kind === 'rmsNorm'
  const products = after.filter(({ kind }) => headKinds.has(kind))
  const distillationHead = products.find(({ name }) => name.startsWith('head_dist'))
  const roles: Roles = {
    patchEmbedding: find('patchEmbedding'),
    classToken: find('classToken'),
    distillationToken: find('distillationToken'),
    registerTokens: find('registerTokens'),
    positionEmbedding: find('positionEmbedding'),
    normPre: before.findLast(isNorm),
    layers: parts.filter(({ kind }, i) => isInside(i) && kind === 'encoderLayer').map(layerRolesOf),
    norm: after.find((part, i) => isNorm(part) && (pooled < 0 || i < pooled)),
    pooling: find('pooling'),
    fcNorm: after.find((part, i) => isNorm(part) && pooled >= 0 && i > pooled),
    head: products.filter((part) => part !== distillationHead),
    distillationHead,
    softmax: after.findLast(({ kind }, i) => kind === 'softmax' && i === after.length - 1),
    others: [],
  }
  const placed = new Set<unknown>(Object.values(roles).flat())
  for (const { part } of roles.layers) placed.add(part)
  const isMeanOfHeads = (part: Part) =>
    distillationHead !== undefined && after.includes(part) && part.nodes.every(({ op }) => meanOps.has(op))
  // Some exporters take the class token's row first, and then the token out of it.
  const isSamePooling = ({ kind, details }: Part) =>
    kind === 'pooling' && details.form === 'token' && roles.pooling?.details.form === 'token'
  const isOther = (part: Part) => !placed.has(part) && !isMeanOfHeads(part) && !isSamePooling(part)
  return { ...roles, others: parts.filter((part, i) => !isInside(i) && isOther(part)) }
}

/** What takes the distillation token out, and the mean of what both heads say. */
const meanOps: ReadonlySet<string> = new Set(['Gather', 'Slice', 'Squeeze', 'Add', 'Mul', 'Div'])

const headKinds: ReadonlySet<PartKind> = new Set(['linear', 'activation', 'gelu', 'silu'])

function layerRolesOf(part: Part): LayerRoles {
  const parts = flatten(part.parts)
  const find = (...kinds: PartKind[]) => parts.filter(({ kind }) => kinds.includes(kind))
  const [attention, ...moreAttention] = find('attention')
  const [mlp, ...moreMlps] = find('mlp', 'swiGlu')
  const [norm1, norm2, ...moreNorms] = find('layerNorm', 'rmsNorm')
  const [layerScale1, layerScale2, ...moreScales] = find('layerScale')
  const known: PartKind[] = ['attention', 'mlp', 'swiGlu', 'layerNorm', 'rmsNorm', 'layerScale']
  return {
    part,
    norm1,
    attention,
    layerScale1,
    norm2,
    mlp,
    layerScale2,
    others: [
      ...moreAttention,
      ...moreMlps,
      ...moreNorms,
      ...moreScales,
      ...parts.filter(({ kind }) => !known.includes(kind)),
    ],
  }
}
