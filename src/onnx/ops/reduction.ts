import { multiplyDims } from '../dim.js'
import { type Attributes, int, type Node, type TensorType, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { axesOf } from './common.js'
import { emitWithAxes } from './layout.js'

function reducedType(node: Node): TensorType {
  const x = node.input(0)
  let axes = axesOf(node, x.rank)
  if (!axes?.length) axes = node.int('noop_with_empty_axes', 0) === 1 ? [] : x.shape.map((_, i) => i)
  const keep = node.int('keepdims', 1) === 1
  return { dtype: x.dtype, shape: x.shape.flatMap((dim, i) => (axes.includes(i) ? (keep ? [1] : []) : [dim])) }
}

const reduction: Schema = reducedType

/** A product of sizes: how many rows there are when axes are folded into one. */
const product: Schema = (node) => {
  const type = reducedType(node)
  const x = node.input(0)
  const isOne = x.rank === 1 && type.shape.every((dim) => dim === 1)
  return { ...type, content: isOne && x.content ? [multiplyDims(x.content)] : undefined }
}

/** Reductions that Vitrine reads but does not emit. */
export const moreReductionSchemas: Record<string, Schema> = {
  ...Object.fromEntries(['ReduceL1', 'ReduceLogSum', 'ReduceLogSumExp'].map((op) => [op, reduction])),
  ReduceProd: product,
}

/** The opset since which each reduction takes its axes as an input. */
const axesInputSince = {
  ReduceSum: 13,
  ReduceMean: 18,
  ReduceMax: 18,
  ReduceMin: 18,
  ReduceSumSquare: 18,
  ReduceL2: 18,
}

export const reductionSchemas: Record<string, Schema> = Object.fromEntries(
  Object.keys(axesInputSince).map((op) => [op, reduction]),
)

function reduce(op: keyof typeof axesInputSince, x: Value, axes: readonly number[], keepDims: boolean): Value {
  const attributes: Attributes = { keepdims: int(keepDims ? 1 : 0) }
  return emitWithAxes(op, x, axes, axesInputSince[op], attributes)
}

// Axes may be negative; an axis stays with size 1 where `keepDims` is set.
export const reduceSum = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceSum', x, axes, keepDims)
export const reduceMean = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceMean', x, axes, keepDims)
export const reduceMax = (x: Value, axes: readonly number[], keepDims = true): Value =>
  reduce('ReduceMax', x, axes, keepDims)

/** The sum of the squares of all elements, as a scalar. */
export function sumSquares(x: Value): Value {
  return reduce(
    'ReduceSumSquare',
    x,
    x.shape.map((_, i) => i),
    false,
  )
}
