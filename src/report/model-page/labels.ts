import type { Part } from '../../inspect/part.js'
import { numberAt } from '../../inspect/patterns/index.js'
import type { Attribute, Node, Value } from '../../onnx/index.js'
import { type Family, familyOf, kinds } from './kinds.js'

/** A shape as it stands at an edge: `batch × 197 × 768`. */
export const shapeText = (value: Value): string =>
  value.isTyped
    ? value.shape.length === 0
      ? 'scalar'
      : value.shape.join(' × ').replaceAll('*', '·')
    : 'shape not known'

/** The colour of a part. */
export const partFamily = ({ kind, nodes }: Part): Family =>
  kind === 'other' && nodes.length === 1 ? familyOf(nodes[0]!.op) : kinds[kind].family

/** What a part is called in a drawing, such as `Block 3`. */
export function titleOf(part: Part): string {
  const { title } = kinds[part.kind]
  const [node, ...more] = part.nodes
  if ((part.kind === 'layout' || part.kind === 'other') && node && more.length === 0) return node.op
  const number = part.kind === 'encoderLayer' ? part.name.match(/\d+$/)?.[0] : undefined
  if (part.kind === 'activation' && part.details.function) return String(part.details.function)
  if (part.kind === 'other' && part.inputs.length === 0) return 'Constants'
  const [first, last] = [part.parts[0], part.parts.at(-1)]
  // A piece of a long list of parts.
  if (part.kind === 'other' && first && last !== first) return clip(`${titleOf(first)} … ${titleOf(last!)}`, 30)
  if (part.kind === 'other') return operatorsOf(part)
  return number === undefined ? title : `${title} ${number}`
}

/** The line below the title: what of its name says more than its kind, and its sizes. */
export function subtitleOf(part: Part): string {
  const { details } = part
  const role = part.name.split('.').at(-1) ?? ''
  const name = /[a-z]/i.test(role) && role.length <= 14 ? role : ''
  const nodes = part.nodes.length
  switch (part.kind) {
    case 'linear':
      return join(name, arrow(details.inFeatures, details.outFeatures))
    case 'patchEmbedding':
      return details.patchSize ? `${details.patchSize} × ${details.patchSize}` : ''
    case 'attention':
    case 'scaledDotProduct':
      return details.heads ? `${details.heads} heads${details.headDim ? ` of ${details.headDim}` : ''}` : name
    case 'mlp':
    case 'swiGlu':
      return details.hidden ? `${details.hidden} hidden` : name
    case 'head':
      return details.classes ? `${details.classes} classes` : name
    case 'positionEmbedding':
      return details.tokens ? `${details.tokens} tokens` : name
    case 'classToken':
    case 'distillationToken':
    case 'registerTokens':
      return Number(details.count) > 1 ? `${details.count} tokens` : 'one token'
    case 'layerNorm':
    case 'rmsNorm':
      return join(name, nodes > 1 && `${nodes} nodes`)
    case 'gelu':
      return join(details.approximate !== 'none' && details.approximate, nodes > 1 && `${nodes} nodes`)
    case 'pooling':
      return String(details.form ?? '')
    case 'encoderLayer':
      return details.norm ? `${details.norm}-norm` : ''
    case 'other':
      return nodes > 1 ? `${nodes} nodes` : ''
    default:
      return nodes === 1 && titleOf(part) === part.nodes[0]!.op ? '' : operatorsOf(part)
  }
}

/** `Reshape, Transpose, 3 Gather`, in the order in which they come first. */
function operatorsOf({ nodes }: Part): string {
  const counts = new Map<string, number>()
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1)
  return clip([...counts].map(([op, count]) => (count > 1 ? `${count} ${op}` : op)).join(', '), 28)
}

const join = (...words: unknown[]) => words.filter(Boolean).join(' · ')

const arrow = (from: unknown, to: unknown) => (from && to ? `${from} → ${to}` : '')

/** Attributes that say how a node is written rather than what it does. */
const plumbing = new Set([
  'keepdims',
  'allowzero',
  'auto_pad',
  'dilations',
  'group',
  'noop_with_empty_axes',
  'alpha',
  'beta',
])

/** The line below a node's operator: its constants, with the role that they have in the part around, or its attributes. */
export function nodeSubtitle(node: Node, part: Part): string {
  const roles = new Map(Object.entries(part.weights).map(([role, value]) => [value, role]))
  const constants = node.inputs.flatMap((input) => (input?.isConstant ? [constantText(input, roles.get(input))] : []))
  const attributes = Object.entries(node.attributes)
    .filter(([name]) => !plumbing.has(name))
    .map(([name, attribute]) => `${name} ${attributeText(attribute)}`)
  return clip([...constants, ...attributes].filter(Boolean).join(', '), 28)
}

/** A small constant by its numbers, a weight by its shape. */
function constantText(value: Value, role = ''): string {
  if (!value.isTyped) return role
  const isScalar = value.shape.every((size) => size === 1)
  const data = isScalar ? value.slice(0, 1) : undefined
  if (data) return numberText(numberAt(value.dtype, data, 0))
  return value.content ? `[${value.content.join(' ')}]` : `${role} ${value.shape.join(' × ')}`.trim()
}

/** A number as one would write it: `0.125`, `1e-6`. */
export function numberText(number: number): string {
  const rounded = +number.toPrecision(6)
  return rounded !== 0 && Math.abs(rounded) < 1e-3 ? rounded.toExponential() : String(rounded)
}

/** The value of an attribute in one line. */
export function attributeText({ kind, value }: Attribute): string {
  switch (kind) {
    case 'float':
      return numberText(value)
    case 'tensor':
      return `${value.dtype} [${value.shape.join(', ')}]`
    case 'graph':
      return `a graph of ${value.graph.nodes.length} nodes`
    case 'proto':
      return 'of a kind that is not shown'
    default:
      return clip(typeof value === 'object' ? `[${value.join(', ')}]` : String(value), 200)
  }
}

/** Text of at most `length` characters. */
export const clip = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text
