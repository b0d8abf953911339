import { addDims, type Dim, floorDivideDim, isPositive, isStatic, type Shape, subtractDims } from '../dim.js'
import { int, type Node, string, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { broadcastShapes, emit, likeFirst, normalizeAxis, strided, stridesOf, unknownShape } from './common.js'

/** Schemas and functions of the operators that choose, repeat or scatter elements. */

const gatherSchema: Schema = (node) => {
  const [x, indices] = [node.input(0), node.input(1)]
  const axis = normalizeAxis(node.int('axis', 0), x.rank)
  const size = x.shape[axis]!
  const outside = indices.content?.find(
    (i) => typeof i === 'number' && typeof size === 'number' && (i < -size || i >= size),
  )
  if (outside !== undefined) throw new Error(`index ${outside} is outside axis ${axis} of size ${size}`)
  const pick = (i: Dim) => (typeof i === 'number' ? x.content!.at(i) : undefined)
  const picked = x.rank === 1 && x.content ? indices.content?.map(pick) : undefined
  const content = picked?.every((dim) => dim !== undefined) ? picked : undefined
  return { dtype: x.dtype, shape: [...x.shape.slice(0, axis), ...indices.shape, ...x.shape.slice(axis + 1)], content }
}

/** One axis of a Slice with every default resolved. Only `start` and `end` may be symbols. */
export interface SliceRange {
  axis: number
  start: number
  end: Dim
  step: number
  /** The number of elements taken. */
  size: Dim
}

/** The ranges that a Slice takes, or undefined where they are computed at run time. */
export function sliceRanges(node: Node): SliceRange[] | undefined {
  const x = node.input(0)
  const bounds = boundsOf(node)
  if (!bounds) return undefined
  const { starts, ends } = bounds
  const axes = bounds.axes ?? starts.map((_, i) => i)
  const steps = bounds.steps ?? starts.map(() => 1)
  if ([ends, axes, steps].some(({ length }) => length !== starts.length) || steps.includes(0))
    throw new Error(`the bounds [${starts}] to [${ends}] on axes [${axes}] by steps [${steps}] make no ranges`)
  const ranges = starts.map((start, i) =>
    sliceRange(x.shape[normalizeAxis(Number(axes[i]), x.rank)]!, start, ends[i]!, Number(steps[i])),
  )
  if (ranges.some((range) => range === undefined)) return undefined
  return ranges.map((range, i) => ({ axis: normalizeAxis(Number(axes[i]), x.rank), ...range! }))
}

/** What a Slice says about where to cut; attributes before opset 10. None where it is computed at run time. */
function boundsOf(node: Node) {
  if (node.attributes.starts)
    return { starts: node.ints('starts'), ends: node.ints('ends'), axes: node.attributes.axes && node.ints('axes') }
  const [starts, ends, axes, steps] = [node.input(1), node.input(2), node.inputs[3], node.inputs[4]]
  if (!starts.content || !ends.content || (axes && !axes.content) || (steps && !steps.content)) return undefined
  return { starts: starts.content, ends: ends.content, axes: axes?.content, steps: steps?.content }
}

function sliceRange(size: Dim, start: Dim, end: Dim, step: number): Omit<SliceRange, 'axis'> | undefined {
  if (typeof size === 'string') {
    // Of an axis of unknown size only a whole copy and a prefix or element from the front can be told.
    if (
      start !== 0 &&
      typeof start === 'number' &&
      start > 0 &&
      typeof end === 'number' &&
      end > start &&
      end < 2 ** 31 &&
      step === 1
    )
      return { start, end, step, size: end - start }
    if (start !== 0 || step !== 1) return undefined
    if (end === size || (typeof end === 'number' && end >= 2 ** 31 - 1)) return { start: 0, end: size, step, size }
    return typeof end === 'number' && end > 0 ? { start: 0, end, step, size: end } : undefined
  }
  if (typeof start === 'string' || typeof end === 'string') return undefined
  const clamp = (index: number, low: number, high: number) =>
    Math.min(Math.max(index < 0 ? index + size : index, low), high)
  const from = step > 0 ? clamp(start, 0, size) : clamp(start, 0, size - 1)
  const to = step > 0 ? clamp(end, 0, size) : clamp(end, -1, size - 1)
  return { start: from, end: to, step, size: Math.max(0, Math.ceil((to - from) / step)) }
}

const sliceSchema: Schema = (node) => {
  const x = node.input(0)
  const ranges = sliceRanges(node)
  if (!ranges) return { dtype: x.dtype, shape: slicedShape(node) }
  const shape = x.shape.slice()
  for (const range of ranges) shape[range.axis] = range.size
  if (!x.content || !isStatic(x.shape)) return { dtype: x.dtype, shape }
  const steps = stridesOf(x.shape)
  const first = ranges.reduce((sum, { axis, start }) => sum + start * steps[axis]!, 0)
  const strides = steps.map((stride, i) => stride * (ranges.find(({ axis }) => axis === i)?.step ?? 1))
  const content = strided(x.content, shape, strides, first)
  return { dtype: x.dtype, shape, content }
}

/** The shape where the exact ranges cannot be told, but maybe how much they take. */
function slicedShape(node: Node): Shape {
  const x = node.input(0)
  const bounds = boundsOf(node)
  const axes = bounds?.axes ?? bounds?.starts.map((_, i) => i) ?? node.inputs[3]?.content
  if (!axes) return x.shape.map(() => node.graph.unknownDim())
  const shape = x.shape.slice()
  for (const [i, axis] of axes.entries()) {
    const at = normalizeAxis(Number(axis), x.rank)
    const size = bounds && takenSize(shape[at]!, bounds.starts[i]!, bounds.ends[i]!, Number(bounds.steps?.[i] ?? 1))
    shape[at] = size ?? node.graph.unknownDim()
  }
  return shape
}

/** How many elements a range takes of an axis that is at least as long as the bounds say. */
function takenSize(size: Dim, start: Dim, end: Dim, step: number): Dim | undefined {
  if (step < 1) return undefined
  const isFar = typeof end === 'number' && end >= 2 ** 31 - 1
  const fromFront = (bound: Dim) => (typeof bound === 'number' && bound < 0 ? addDims(size, bound) : bound)
  const taken = subtractDims(isFar ? size : fromFront(end), fromFront(start))
  return isPositive(taken) ? floorDivideDim(addDims(taken, step - 1), step) : isFar || end === size ? taken : undefined
}

const expandSchema: Schema = (node) => {
  const [x, target] = [node.input(0), node.input(1)]
  if (target.content) return { dtype: x.dtype, shape: broadcastShapes(node.graph, x.shape, target.content) }
  const rank = target.shape[0]
  const shape = unknownShape(node.graph, typeof rank === 'number' ? Math.max(rank, x.rank) : rank)
  return shape && { dtype: x.dtype, shape }
}

const argSchema: Schema = (node) => {
  const x = node.input(0)
  const axis = normalizeAxis(node.int('axis', 0), x.rank)
  const keep = node.int('keepdims', 1) === 1
  return { dtype: 'int64', shape: keep ? x.shape.with(axis, 1) : x.shape.toSpliced(axis, 1) }
}

export const selectionSchemas: Record<string, Schema> = {
  Gather: gatherSchema,
  Slice: sliceSchema,
  Expand: expandSchema,
  ScatterND: likeFirst,
  GatherElements: (node) => ({ dtype: node.input(0).dtype, shape: node.input(1).shape }),
  ScatterElements: likeFirst,
  ArgMax: argSchema,
}

/** The same for operators that Vitrine reads but does not emit. */
export const moreSelectionSchemas: Record<string, Schema> = { ArgMin: argSchema }

/** The slices of x at `indices` along an axis; a plain number takes one slice and drops the axis. */
export function gather(x: Value, indices: Value | number, axis: number): Value {
  return emit('Gather', [x, typeof indices === 'number' ? x.graph.constant('int64', indices) : indices], {
    axis: int(axis),
  })
}

/** x[start:end:step] along the given axes, as in numpy. Values give bounds computed at run time, as int64 vectors. */
export function slice(
  x: Value,
  starts: readonly number[] | Value,
  ends: readonly number[] | Value,
  axes: readonly number[],
  steps?: readonly number[],
): Value {
  const vector = (bounds: readonly number[] | Value) => ('graph' in bounds ? bounds : x.graph.constant('int64', bounds))
  const inputs = [x, vector(starts), vector(ends), vector(axes)]
  return emit('Slice', steps ? [...inputs, vector(steps)] : inputs)
}

/** x repeated to a larger shape by numpy's broadcasting. */
export function expand(x: Value, target: readonly number[] | Value): Value {
  return emit('Expand', [x, 'graph' in target ? target : x.graph.constant('int64', target)])
}

/** `data` with `updates` added at `indices` along the first axis. @throws before opset 16, which introduced it */
export function scatterAdd(data: Value, indices: Value, updates: Value): Value {
  if (data.graph.opset < 16)
    throw new Error(`ScatterND with addition needs opset 16, and the graph has ${data.graph.opset}`)
  return emit('ScatterND', [data, indices, updates], { reduction: string('add') })
}

/** The place of the largest element along an axis. */
export const argMax = (x: Value, axis: number): Value => emit('ArgMax', [x], { axis: int(axis), keepdims: int(0) })
