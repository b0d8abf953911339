import type { Node, Value } from '../../onnx/index.js'
import { rankOf, sizeOf, type Wiring } from '../patterns/index.js'

/** How tokens become one vector a sample. */
export interface Pooled {
  form: 'token' | 'avg' | 'max'
  /** Which token is taken. */
  token?: number
  nodes: Node[]
  tokens: Value
}

/** The pooling of [batch, tokens, dim] that ends in a node, with the Slice before and the Squeeze after it. */
export function poolingAt(wiring: Wiring, node: Node): Pooled | undefined {
  const input = node.inputs[0]
  const rank = rankOf(input)
  if (node.domain !== '' || !input || (rank !== 3 && rank !== 4)) return undefined
  if (isMeanOfPicture(node, rank)) return { form: 'avg', nodes: withSqueeze(wiring, node), tokens: input }
  if (rank !== 3) return undefined
  if (node.op === 'Gather') return gatheredToken(wiring, node)
  if (node.op === 'Slice') return firstToken(wiring, node)
  if (node.op !== 'ReduceMean' && node.op !== 'ReduceMax') return undefined
  const [axis, ...others] = numbersOf(node, 'axes', 1) ?? []
  if ((axis !== 1 && axis !== -2) || others.length > 0) return undefined
  const slice = wiring.producer(input, 'Slice')
  const sliced = slice && sliceOf(slice)?.axis === 1 && wiring.dataConsumers(slice.output).length === 1
  return {
    form: node.op === 'ReduceMean' ? 'avg' : 'max',
    nodes: [...(sliced ? [slice] : []), ...withSqueeze(wiring, node)],
    tokens: sliced ? slice.input(0) : input,
  }
}

/** The mean over rows and columns, with features before or after these. */
function isMeanOfPicture(node: Node, rank: number): boolean {
  if (node.op === 'GlobalAveragePool') return rank === 4
  const axes = node.op === 'ReduceMean' && rank === 4 ? numbersOf(node, 'axes', 1) : undefined
  const places = axes?.map((axis) => (axis < 0 ? axis + 4 : axis)).toSorted((a, b) => a - b)
  return places?.join() === '1,2' || places?.join() === '2,3'
}

/** The value after one token of several, or the only one, was taken. */
export function selectionAfter(wiring: Wiring, from: Value): Value {
  const [node, ...others] = wiring.dataConsumers(from)
  if (!node || others.length > 0 || wiring.isResult(from)) return from
  const selects = ['Gather', 'Slice', 'Squeeze', 'Reshape', 'Flatten', 'Identity', 'Cast'].includes(node.op)
  return selects ? selectionAfter(wiring, node.output) : from
}

/** One token by its index; of tokens that were put before the samples, in Flax. */
function gatheredToken(wiring: Wiring, node: Node): Pooled | undefined {
  const turning = wiring.producer(node.input(0), 'Transpose')
  const isTurned = turning?.ints('perm', []).join() === '1,0,2' && wiring.dataConsumers(turning.output).length === 1
  const token = node.int('axis', 0) === (isTurned ? 0 : 1) ? wiring.scalar(node.inputs[1]) : undefined
  if (token === undefined) return undefined
  const nodes = withSqueeze(wiring, node)
  return isTurned
    ? { form: 'token', token, nodes: [turning, ...nodes], tokens: turning.input(0) }
    : { form: 'token', token, nodes, tokens: node.input(0) }
}

function firstToken(wiring: Wiring, node: Node): Pooled | undefined {
  const slice = sliceOf(node)
  if (slice?.axis !== 1 || sizeOf(node.output, 1) !== 1) return undefined
  return { form: 'token', token: slice.start, nodes: withSqueeze(wiring, node), tokens: node.input(0) }
}

/** A node and the one that removes the axis of size 1 that it left. */
function withSqueeze(wiring: Wiring, node: Node): Node[] {
  const [next, ...others] = wiring.dataConsumers(node.output)
  const removes = next && others.length === 0 && ['Squeeze', 'Flatten', 'Reshape'].includes(next.op)
  return removes && rankOf(next.output) === 2 ? [node, next] : [node]
}

/** The axis and the start of a Slice along one axis. Others may be named that stay whole. */
function sliceOf(node: Node): { axis: number; start: number } | undefined {
  const starts = numbersOf(node, 'starts', 1)
  const ends = numbersOf(node, 'ends', 2)
  const axes = numbersOf(node, 'axes', 3) ?? starts?.map((_, i) => i)
  const rank = rankOf(node.input(0))
  const [slice, ...others] = (axes ?? [])
    .map((axis, i) => ({
      axis: axis < 0 && rank !== undefined ? axis + rank : axis,
      start: starts?.[i],
      end: ends?.[i],
    }))
    .filter(({ axis, start, end = 0 }) => {
      const isWhole =
        start === 0 && end >= Math.min(2 ** 31 - 1, sizeOf(node.input(0), axis) ?? Number.POSITIVE_INFINITY)
      return axes?.length === 1 || !isWhole
    })
  return slice?.start === undefined || others.length > 0 ? undefined : { axis: slice.axis, start: slice.start }
}

/** Integers that older opsets keep in an attribute and newer ones in an input. */
function numbersOf(node: Node, name: string, index: number): readonly number[] | undefined {
  if (node.attributes[name]?.kind === 'ints') return node.ints(name)
  const content = node.inputs[index]?.content
  return content?.every((element) => typeof element === 'number') ? (content as readonly number[]) : undefined
}
