import type { Part } from '../../inspect/part.js'
import type { Attribute, Node, Value } from '../../onnx/index.js'
import { kinds } from './kinds.js'

/** A shape as it stands at an edge: `batch × 197 × 768`. */
export const shapeText = (value: Value): string =>
  value.isTyped ? (value.shape.length === 0 ? 'scalar' : value.shape.join(' × ')) : 'shape not known'

/** What a part is called in a drawing, such as `Block 3`. */
export function titleOf(part: Part): string {
  const { title } = kinds[part.kind]
  const number = part.kind === 'encoderLayer' ? part.name.match(/\d+$/)?.[0] : undefined
  if (part.kind === 'activation' && part.details.function) return String(part.details.function)
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
      return join(details.patchSize && `patches of ${details.patchSize}`, details.dim)
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
    default:
      return nodes > 1 ? `${nodes} nodes` : (part.nodes[0]?.op ?? '')
  }
}

const join = (...words: unknown[]) => words.filter(Boolean).join(' · ')

const arrow = (from: unknown, to: unknown) => (from && to ? `${from} → ${to}` : '')

/** The line below a node's operator: its constants or its telling attributes. */
export function nodeSubtitle(node: Node): string {
  const constants = node.inputs.flatMap((input) => (input?.isConstant ? [constantText(input)] : []))
  const attributes = Object.entries(node.attributes).map(([name, attribute]) => `${name} ${attributeText(attribute)}`)
  return clip([...constants, ...attributes].filter(Boolean).join(', '), 26)
}

/** A small constant by its numbers, a weight by its shape. */
function constantText(value: Value): string {
  if (!value.isTyped) return ''
  const numbers = value.content ?? (value.rank === 0 ? value.slice(0, 1) : undefined)
  if (!numbers) return value.shape.join(' × ')
  const texts = Array.from(numbers as ArrayLike<unknown>, (number) => String(+Number(number).toPrecision(4)))
  return value.rank === 0 ? texts.join() : `[${texts.join(' ')}]`
}

/** The value of an attribute in one line. */
export function attributeText({ kind, value }: Attribute): string {
  if (kind === 'float') return String(+(value as number).toPrecision(7))
  if (kind === 'tensor') {
    const { dtype, shape } = value as { dtype: string; shape: readonly number[] }
    return `${dtype} [${shape.join(', ')}]`
  }
  return clip(Array.isArray(value) ? `[${value.join(', ')}]` : String(value), 200)
}

/** Text of at most `length` characters. */
export const clip = (text: string, length: number): string =>
  text.length > length ? `${text.slice(0, length - 1)}…` : text
