import type { Node, Value } from '../../onnx/index.js'
import { axisSize } from './sizes.js'
import { shapeOf, type Wiring } from './wiring.js'

/** A product of two tensors, whatever operator it is written with. */
export interface Product {
  a: Value
  b: Value
  /** A factor that the operator brings along. */
  scale: number
  /** Whether b's last two axes are taken the other way round. */
  turnsB: boolean
  /** The labels of an Einsum: a's, the one that is summed over, and the last one that a, b and the result share. */
  equation?: { a: string; contracted: string; shared: string }
}

/** The product that a node computes, if it computes one. */
export function asProduct(node: Node): Product | undefined {
  const [a, b] = node.inputs
  if (!a || !b) return undefined
  if (node.op === 'MatMul') return { a, b, scale: 1, turnsB: false }
  if (node.op === 'FusedMatMul') {
    if (node.int('transA', 0) || node.int('transBatchA', 0) || node.int('transBatchB', 0)) return undefined
    return { a, b, scale: node.float('alpha', 1), turnsB: node.int('transB', 0) === 1 }
  }
  const equation = node.op === 'Einsum' && node.inputs.length === 2 ? equationOf(node) : undefined
  return equation && { a, b, scale: 1, turnsB: true, equation }
}

/** An equation such as `bhid,bhjd->bhij`, in which one label is summed over. */
function equationOf(node: Node) {
  // Axes that go along unnamed are the first ones, of which each value has as many.
  const parts = node
    .string('equation', '')
    .replaceAll(/ |\.\.\./g, '')
    .split(/,|->/)
  const [a, b, result] = parts
  if (parts.length !== 3 || !a || !b || !result || /[^a-zA-Z]/.test(a + b + result)) return undefined
  const inBoth = [...a].filter((label) => b.includes(label))
  const contracted = inBoth.filter((label) => !result.includes(label))
  const shared = inBoth.filter((label) => result.includes(label)).at(-1)
  return contracted.length === 1 && shared ? { a, contracted: contracted[0]!, shared } : undefined
}

/** What is between the scores of queries and keys and a softmax over them. */
export interface Scores {
  product: Product
  scale: number
  masks: Value[]
}

/** What gives scores another shape, with the keys still last. */
export const reshaping = ['Reshape', 'Squeeze', 'Unsqueeze'] as const

/** The product of queries and keys behind masks, scale and changes of shape. */
export function scoresBehind(wiring: Wiring, value: Value, depth = 0): Scores | undefined {
  const node = wiring.producer(value, 'MatMul', 'FusedMatMul', 'Einsum', 'Mul', 'Div', 'Add', 'Where', ...reshaping)
  if (!node || depth > 9) return undefined
  const behind = (index: number) => {
    const input = node.inputs[index]
    return wiring.isData(input) ? scoresBehind(wiring, input, depth + 1) : undefined
  }
  const masked = (scores: Scores | undefined, mask: Value | undefined) =>
    scores && mask && { ...scores, masks: [...scores.masks, mask] }
  switch (node.op) {
    case 'Reshape':
    case 'Squeeze':
    case 'Unsqueeze':
      return behind(0)
    case 'Add':
      if (wiring.scalar(node.inputs[1]) === 0) return behind(0)
      return masked(behind(0), node.inputs[1]) ?? masked(behind(1), node.inputs[0])
    case 'Where':
      // Scores where the mask is true, and a large negative number elsewhere; or the other way round.
      return (wiring.scalar(node.inputs[2]) ?? 0) < -1e3
        ? masked(behind(1), node.inputs[0])
        : (wiring.scalar(node.inputs[1]) ?? 0) < -1e3
          ? masked(behind(2), node.inputs[0])
          : undefined
    case 'Mul':
    case 'Div': {
      const scaled = withoutFactor(wiring, node)
      const scores = scaled && wiring.isData(scaled.value) ? scoresBehind(wiring, scaled.value, depth + 1) : undefined
      return scores && { ...scores, scale: scores.scale * scaled!.factor }
    }
    default: {
      // Where a learned query pools all tokens, it is constant.
      const product = asProduct(node)
      return product && wiring.isData(product.b) ? { product, scale: product.scale, masks: [] } : undefined
    }
  }
}

/** The operand and the number of a multiplication by a number, or a division. */
export function withoutFactor(wiring: Wiring, node: Node): { value: Value; factor: number } | undefined {
  const [a, b] = node.inputs
  const right = wiring.scalar(b)
  if (right !== undefined && a) return { value: a, factor: node.op === 'Div' ? 1 / right : right }
  const left = node.op === 'Mul' ? wiring.scalar(a) : undefined
  return left !== undefined && b ? { value: b, factor: left } : undefined
}

/** The value before it was scaled. */
export function withoutScale(wiring: Wiring, value: Value): { value: Value; scale: number } {
  const node = wiring.producer(value, 'Mul', 'Div')
  const scaled = node && withoutFactor(wiring, node)
  if (!scaled) return { value, scale: 1 }
  const inner = withoutScale(wiring, scaled.value)
  return { value: inner.value, scale: inner.scale * scaled.factor }
}

/** The keys as [..., keys, headDim], where they are turned right before the product. */
export function keyOf(wiring: Wiring, { b, turnsB, equation }: Product) {
  const headDim = equation ? undefined : axisSize(wiring, b, turnsB ? -1 : -2)
  const outer = withoutScale(wiring, b)
  const turning = turnsB ? undefined : turnedFrom(wiring, outer.value)
  if (!turning) return { ...outer, headDim, isTransposed: !turnsB }
  const inner = withoutScale(wiring, turning)
  return { value: inner.value, scale: outer.scale * inner.scale, headDim, isTransposed: false }
}

/** The value whose last two axes were swapped, perhaps with all axes before them folded into one on the way. */
function turnedFrom(wiring: Wiring, value: Value): Value | undefined {
  const node = wiring.producer(value, 'Transpose', 'Reshape')
  if (node?.op !== 'Reshape') return node && swapsLastTwo(node) ? node.input(0) : undefined
  const transpose = wiring.producer(node.inputs[0], 'Transpose')
  const fold = transpose && swapsLastTwo(transpose) ? wiring.producer(transpose.inputs[0], 'Reshape') : undefined
  const source = fold?.input(0)
  const axesAgree = [-1, -2].every((axis) => {
    const [before, after] = [shapeOf(source)?.at(axis), shapeOf(value)?.at(-3 - axis)]
    return before === undefined || after === undefined || before === after
  })
  return axesAgree ? source : undefined
}

function swapsLastTwo(transpose: Node): boolean {
  const perm = transpose.ints('perm', [])
  const last = perm.length - 1
  return perm.length >= 2 && perm.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i))
}
