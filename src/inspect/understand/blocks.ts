import type { Node } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import { everyPart } from './counts.js'
import { type LayerTraits, traitsOf, usualTraits } from './layer-traits.js'
import { flatten, type LayerRoles, type Roles } from './roles.js'
import type { Difference } from './understanding.js'

/** How encoder layers differ from most of them, and what stands between them. */
export function blockDifferences(stages: readonly Part[], { layers }: Roles): Difference[] {
  const usual = usualTraits(layers.map(traitsOf))
  const byPart = new Map(layers.map((layer) => [layer.part, layer]))
  const encoder = flatten(stages.filter(({ kind }) => kind === 'encoder'))
  const differences: Difference[] = []
  let index = 0
  for (const group of groups(encoder)) {
    const layer = byPart.get(group[0]!)
    if (layer) differences.push(...layerDifferences(layer, index++, usual))
    else if (isBlock(group)) differences.push(foreignBlock(group, index++))
    else differences.push({ what: `before block ${index} there is ${nodeWords(group)}`, node: mainNode(group) })
  }
  return differences
}

/** How many blocks the encoder has, those included that are no layers of a Vision Transformer. */
export const blockCount = (stages: readonly Part[]): number =>
  groups(flatten(stages.filter(({ kind }) => kind === 'encoder'))).filter(
    (group) => group[0]!.kind === 'encoderLayer' || isBlock(group),
  ).length

/** Encoder layers each alone, and what is between two of them together. */
function groups(parts: readonly Part[]): Part[][] {
  const found: Part[][] = []
  for (const part of parts) {
    const last = found.at(-1)
    if (part.kind === 'encoderLayer' || !last || last[0]!.kind === 'encoderLayer') found.push([part])
    else last.push(part)
  }
  return found
}

/** Whether parts are a block of their own: normalised, or added to what went in. */
const isBlock = (group: readonly Part[]) =>
  group.some(({ kind }) => blockKinds.has(kind)) ||
  group.some(({ nodes }) => nodes.length === 1 && nodes[0]!.op === 'Add')

const blockKinds: ReadonlySet<PartKind> = new Set(['layerNorm', 'rmsNorm', 'attention', 'mlp', 'swiGlu'])

function foreignBlock(group: readonly Part[], index: number): Difference {
  const has = (...kinds: PartKind[]) => group.some(({ kind }) => kinds.includes(kind))
  const lacking = has('attention') ? (has('mlp', 'swiGlu') ? undefined : 'an MLP') : 'attention'
  const instead = lacking ? ` where others have ${lacking}` : ', arranged unlike the others'
  return { what: `block ${index} has ${nodeWords(group)}${instead}`, node: mainNode(group) }
}

function layerDifferences({ part, others, ...roles }: LayerRoles, index: number, usual: LayerTraits): Difference[] {
  const own = traitsOf({ part, others, ...roles })
  const differs = (Object.keys(words) as (keyof typeof words)[]).filter(
    (trait) => own[trait] !== usual[trait] && own[trait] !== undefined && usual[trait] !== undefined,
  )
  return [
    ...differs.map((trait): Difference => {
      const [ours, theirs] = [words[trait](own[trait] as never), words[trait](usual[trait] as never)]
      return { what: `block ${index} has ${ours} where others have ${theirs}`, node: part.nodes[0]! }
    }),
    ...others.filter(computes).map((other) => inside(index, other, 'beside attention and MLP')),
    ...strangers(roles.attention).map((other) => inside(index, other, 'within its attention')),
    ...strangers(roles.mlp).map((other) => inside(index, other, 'within its MLP')),
  ]
}

const inside = (index: number, part: Part, where: string): Difference => ({
  what: `block ${index} has ${nodeWords([part])} ${where}`,
  node: mainNode([part]),
})

/** The first part of an attention or MLP that computes something else, such as a rotary embedding of queries and keys. */
function strangers(part: Part | undefined): Part[] {
  const isGate = ({ nodes }: Part) => part?.kind === 'swiGlu' && nodes.every(({ op }) => op === 'Mul')
  return part?.parts.filter((child) => child.kind === 'other' && !isGate(child)).slice(0, 1) ?? []
}

/** Each trait in words, by its value. */
const words: { [K in keyof LayerTraits]-?: (value: NonNullable<LayerTraits[K]>) => string } = {
  dim: (value) => `${value} features a token`,
  heads: (value) => `${value} attention heads`,
  headDim: (value) => `${value} features a head`,
  hidden: (value) => `${value} hidden features in its MLP`,
  mlp: (value) => (value === 'swiglu' ? 'a gated MLP' : 'an MLP without gate'),
  activation: (value) => `the activation ${value}`,
  norm: (value) => `its norms ${value === 'pre' ? 'before' : 'behind'} attention and MLP`,
  normKind: (value) => value,
  epsilon: (value) => `LayerNorm's epsilon at ${value}`,
  qkvBias: (value) => `${value ? 'a' : 'no'} bias for queries, keys and values`,
  qkNorm: (value) => `${value ? '' : 'no '}norms of queries and keys`,
  layerScale: (value) => `${value ? 'a' : 'no'} layer scale`,
}

const computes = ({ kind }: Part) => kind !== 'layout' && kind !== 'shapeArithmetic'

/** The operators that say most about a foreign part: the first of these that occurs. */
const telling = ['Conv', 'LSTM', 'Softmax', 'MatMul', 'Gemm']

/** The node that a foreign part is best known by: one that no pattern explains, if there is one. */
export function mainNode(group: readonly Part[]): Node {
  const leaves = [...everyPart(group)].filter((part) => part.parts.length === 0 && computes(part))
  const unknown = leaves.filter(({ kind, nodes }) => kind === 'other' && nodes[0]!.op !== 'Add')
  const known = leaves.filter(({ kind }) => kind !== 'layerNorm' && kind !== 'rmsNorm')
  const nodes = [unknown, known, leaves, group].find((parts) => parts.length > 0)!.flatMap((part) => part.nodes)
  const found = telling.flatMap((op) => nodes.find((node) => node.op === op) ?? [])
  return found[0] ?? nodes[0]!
}

/** The main node in words: `a Conv (node /blocks.5/mix/Conv)`. */
export function nodeWords(group: readonly Part[]): string {
  const { op, name } = mainNode(group)
  return `${/^[AEIOU]/.test(op) ? 'an' : 'a'} ${op}${name ? ` (node ${name})` : ''}`
}
