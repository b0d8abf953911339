import type { Node } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import { everyPart } from './counts.js'
import { type LayerTraits, traitsOf, usualTraits } from './layer-traits.js'
import { flatten, type LayerRoles, type Roles } from './roles.js'
import type { Difference } from './understanding.js'

/** What one block has otherwise: `has`, in words that go with any block, and the node where that is seen. */
interface Observation {
  index: number
  has: string
  node: Node
}

/** How encoder layers differ from most of them, and what stands between them. */
export function blockDifferences(stages: readonly Part[], { layers }: Roles): Difference[] {
  const usual = usualTraits(layers.map(traitsOf))
  const byPart = new Map(layers.map((layer) => [layer.part, layer]))
  const encoder = flatten(stages.filter(({ kind }) => kind === 'encoder'))
  const between: Difference[] = []
  const observations: Observation[] = []
  let index = 0
  for (const group of groups(encoder)) {
    const layer = byPart.get(group[0]!)
    if (layer) observations.push(...observe(layer, index++, usual))
    else if (isBlock(group)) between.push(foreignBlock(group, index++))
    else between.push({ what: `before block ${index} there is ${nodeWords(group)}`, node: mainNode(group) })
  }
  return [...between, ...inGroups(observations, layers.length)]
}

/** What several blocks have alike is said once. */
function inGroups(observations: readonly Observation[], blocks: number): Difference[] {
  const alike = new Map<string, Observation[]>()
  for (const one of observations) alike.set(one.has, [...(alike.get(one.has) ?? []), one])
  return [...alike].map(([has, [first, ...others]]) => {
    const { node, index } = first!
    const at = node.name ? ` (node ${node.name}${others.length > 0 ? ' and others' : ''})` : ''
    const shown = [index, ...others.map((other) => other.index)]
    const subject = shown.length === blocks && blocks > 1 ? 'every block has' : subjectOf(shown)
    return { what: `${subject} ${has}${at}`, node }
  })
}

const subjectOf = (blocks: readonly number[]) =>
  blocks.length === 1
    ? `block ${blocks[0]} has`
    : `blocks ${blocks.slice(0, 4).join(', ')}${blocks.length > 4 ? ' and more' : ''} have`

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

function observe(layer: LayerRoles, index: number, usual: LayerTraits): Observation[] {
  const { part, attention, mlp, others } = layer
  const own = traitsOf(layer)
  const differs = (Object.keys(words) as (keyof typeof words)[]).filter(
    (trait) => own[trait] !== usual[trait] && own[trait] !== undefined && usual[trait] !== undefined,
  )
  const strange = (parts: readonly Part[], where: string) =>
    parts.map((other): Observation => {
      const node = mainNode([other])
      return { index, has: `${withArticle(node.op)} ${where}`, node }
    })
  return [
    ...differs.map((trait): Observation => {
      const [ours, theirs] = [words[trait](own[trait] as never), words[trait](usual[trait] as never)]
      return { index, has: `${ours} where others have ${theirs}`, node: part.nodes[0]! }
    }),
    ...strange(others.filter(computes), 'beside attention and MLP'),
    ...(attention?.details.windows ? [{ index, has: 'attention within windows', node: attention.nodes[0]! }] : []),
    ...strange(strangers(attention), attention?.details.changed ? changed : 'within its attention'),
    ...strange(strangers(mlp), 'within its MLP'),
  ]
}

const changed = 'between the product for queries and keys and their scores, as a rotary embedding has'

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
  return `${withArticle(op)}${name ? ` (node ${name})` : ''}`
}

const withArticle = (op: string) => `${/^[AEIOU]/.test(op) ? 'an' : 'a'} ${op}`
