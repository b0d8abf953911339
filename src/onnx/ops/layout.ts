import { addDims, type Dim, divideDims, formatShape, isStatic, multiplyDims, type Shape } from '../dim.js'
import type { Graph } from '../graph.js'
import { type Attributes, int, ints, largestContent, type Node, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { axesOf, emit, normalizeAxis, sameDType, strided, stridesOf, unknownShape } from './common.js'

/** Schemas and functions of the operators that move elements around without choosing among them. */

function reshapedShape(graph: Graph, input: Shape, target: readonly Dim[], allowZero: boolean): Shape {
  const shape = target.map((dim, i) => {
    if (dim !== 0 || allowZero) return dim
    if (input[i] === undefined)
      throw new Error(`the target ${formatShape(target)} copies axis ${i}, which the input lacks`)
    return input[i]
  })
  const total = multiplyDims(input)
  if (shape.some((dim) => typeof dim === 'number' && dim < -1))
    throw new Error(`the target ${formatShape(target)} has a negative size`)
  const hole = shape.indexOf(-1)
  if (hole >= 0) {
    const rest = multiplyDims(shape.filter((_, i) => i !== hole))
    const size = divideDims(total, rest)
    if (size === undefined && typeof total === 'number' && typeof rest === 'number')
      throw new Error(`${formatShape(input)} does not divide into ${formatShape(target)}`)
    if ((size === undefined && !graph.notes) || shape.indexOf(-1, hole + 1) >= 0)
      throw new Error(`the -1 in ${formatShape(target)} cannot be told`)
    shape[hole] = size ?? graph.unknownDim()
  } else if (typeof total === 'number' && typeof multiplyDims(shape) === 'number' && multiplyDims(shape) !== total) {
    throw new Error(`${formatShape(input)} has ${total} elements and cannot become ${formatShape(target)}`)
  }
  return shape
}

const reshapeSchema: Schema = (node) => {
  const x = node.input(0)
  const target = node.input(1)
  if (target.content) {
    const shape = reshapedShape(node.graph, x.shape, target.content, node.int('allowzero', 0) === 1)
    return { dtype: x.dtype, shape, content: x.content }
  }
  const shape = unknownShape(node.graph, target.shape[0])
  return shape && { dtype: x.dtype, shape }
}

const transposeSchema: Schema = (node) => {
  const x = node.input(0)
  const perm = permutationOf(node)
  if (perm.length !== x.rank || perm.toSorted((a, b) => a - b).some((axis, i) => axis !== i))
    throw new Error(`[${perm}] is no permutation of ${x.rank} axes`)
  const shape = perm.map((axis) => x.shape[axis]!)
  if (!x.content || !isStatic(x.shape)) return { dtype: x.dtype, shape }
  const strides = stridesOf(x.shape)
  return {
    dtype: x.dtype,
    shape,
    content: strided(
      x.content,
      shape,
      perm.map((axis) => strides[axis]!),
    ),
  }
}

/** A Transpose's permutation; reversed axes by default. */
export function permutationOf(node: Node): readonly number[] {
  const rank = node.input(0).rank
  return node.ints(
    'perm',
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  )
}

const flattenSchema: Schema = (node) => {
  const x = node.input(0)
  const axis = node.int('axis', 1)
  // Unlike other operators it may cut behind the last axis.
  const at = axis === x.rank ? axis : normalizeAxis(axis, x.rank)
  return { dtype: x.dtype, shape: [multiplyDims(x.shape.slice(0, at)), multiplyDims(x.shape.slice(at))] }
}

const concatSchema: Schema = (node) => {
  const inputs = node.inputs.map((_, i) => node.input(i))
  const first = node.input(0)
  const axis = normalizeAxis(node.int('axis'), first.rank)
  for (const other of inputs) {
    const differs = (dim: Dim, i: number) =>
      i !== axis && typeof dim === 'number' && typeof first.shape[i] === 'number' && dim !== first.shape[i]
    if (other.rank !== first.rank || other.shape.some(differs))
      throw new Error(`the shapes differ on other axes than ${axis}`)
  }
  const sizes = inputs.map((input) => input.shape[axis]!)
  const size = sizes.reduce(addDims, 0)
  const contents = inputs.map((input) => input.content)
  const isShape = first.rank === 1 && Number(size) <= largestContent && contents.every((part) => part !== undefined)
  return {
    dtype: sameDType(...inputs),
    shape: first.shape.with(axis, size),
    content: isShape ? contents.flat() : undefined,
  }
}

const splitSchema: Schema = (node, outputCount) => {
  const x = node.input(0)
  const axis = normalizeAxis(node.int('axis', 0), x.rank)
  const size = x.shape[axis]!
  const isComputed = node.inputs[1] && !node.inputs[1].content
  const sizes = isComputed ? undefined : (node.intsFrom('split', 1) ?? equalParts(size, outputCount))
  const part = () => (isComputed || outputCount > 1 ? node.graph.unknownDim() : size)
  if (!sizes) return Array.from({ length: outputCount }, () => ({ dtype: x.dtype, shape: x.shape.with(axis, part()) }))
  if (typeof size === 'number' && sizes.reduce(addDims, 0) !== size)
    throw new Error(`parts [${sizes}] do not sum to ${size}`)
  return sizes.map((part) => ({ dtype: x.dtype, shape: x.shape.with(axis, part) }))
}

/** Only the last part may be smaller. */
function equalParts(size: Dim, count: number): readonly Dim[] | undefined {
  if (typeof size !== 'number') {
    const part = divideDims(size, count)
    return part === undefined ? undefined : Array(count).fill(part)
  }
  const part = Math.ceil(size / count)
  return Array.from({ length: count }, (_, i) => Math.max(0, Math.min(part, size - i * part)))
}

const unsqueezeSchema: Schema = (node) => {
  const x = node.input(0)
  const given = node.intsFrom('axes', 1)
  if (!given) throw new Error('axes are missing')
  const axes = given.map((axis) => normalizeAxis(axis, x.rank + given.length))
  const shape: Dim[] = []
  for (let i = 0, next = 0; i < x.rank + axes.length; i++) shape.push(axes.includes(i) ? 1 : x.shape[next++]!)
  return { dtype: x.dtype, shape, content: x.content }
}

const squeezeSchema: Schema = (node) => {
  const x = node.input(0)
  const axes = axesOf(node, x.rank) ?? x.shape.flatMap((dim, i) => (dim === 1 ? [i] : []))
  const thick = axes.find((axis) => typeof x.shape[axis] === 'number' && x.shape[axis] !== 1)
  if (thick !== undefined) throw new Error(`axis ${thick} is not of size 1`)
  return { dtype: x.dtype, shape: x.shape.filter((_, i) => !axes.includes(i)), content: x.content }
}

const identitySchema: Schema = (node) => {
  const x = node.input(0)
  return { dtype: x.dtype, shape: x.shape, content: x.content }
}

const shapeSchema: Schema = (node) => {
  const x = node.input(0)
  const content = x.shape.slice(node.int('start', 0), node.attributes.end ? node.int('end') : undefined)
  return { dtype: 'int64', shape: [content.length], content }
}

const padSchema: Schema = (node) => {
  const x = node.input(0)
  const axes = node.intsFrom('axes', 3)?.map((axis) => normalizeAxis(axis, x.rank)) ?? x.shape.map((_, i) => i)
  const pads = node.inputs[1] && !node.inputs[1].content ? undefined : node.intsFrom('pads', 1)
  if (!pads)
    return { dtype: x.dtype, shape: x.shape.map((dim, i) => (axes.includes(i) ? node.graph.unknownDim() : dim)) }
  if (pads.length !== 2 * axes.length) throw new Error(`pads [${pads}] do not fit rank ${axes.length}`)
  const shape = x.shape.map((dim, i) => {
    const at = axes.indexOf(i)
    const extra = at < 0 ? 0 : pads[at]! + pads[at + axes.length]!
    return addDims(dim, extra)
  })
  return { dtype: x.dtype, shape }
}

export const layoutSchemas: Record<string, Schema> = {
  Reshape: reshapeSchema,
  Transpose: transposeSchema,
  Flatten: flattenSchema,
  Concat: concatSchema,
  Split: splitSchema,
  Unsqueeze: unsqueezeSchema,
  Squeeze: squeezeSchema,
  Identity: identitySchema,
  Shape: shapeSchema,
  Size: (node) => ({ dtype: 'int64', shape: [], content: [multiplyDims(node.input(0).shape)] }),
  Pad: padSchema,
}

/** x in another shape; -1 is what remains, 0 copies the input's size. A value gives a shape computed at run time. */
export function reshape(x: Value, target: readonly number[] | Value): Value {
  return emit('Reshape', [x, 'graph' in target ? target : x.graph.constant('int64', target)])
}

/** The axes of x in another order. */
export const transpose = (x: Value, perm: readonly number[]): Value => emit('Transpose', [x], { perm: ints(perm) })

export const concat = (values: readonly Value[], axis: number): Value => emit('Concat', values, { axis: int(axis) })

/** x cut along an axis into parts of the given sizes. */
export function split(x: Value, sizes: readonly number[], axis: number): Value[] {
  const { graph } = x
  const attributes: Attributes = { axis: int(axis) }
  if (graph.opset < 13) return graph.emit('Split', [x], { ...attributes, split: ints(sizes) }, sizes.length)
  return graph.emit('Split', [x, graph.constant('int64', sizes)], attributes, sizes.length)
}

/** Axes went from attributes to inputs in different opsets for different operators. */
export function emitWithAxes(
  op: string,
  x: Value,
  axes: readonly number[],
  inputSince: number,
  attributes: Attributes = {},
): Value {
  if (x.graph.opset < inputSince) return emit(op, [x], { ...attributes, axes: ints(axes) })
  return emit(op, [x, x.graph.constant('int64', axes)], attributes)
}

/** New axes of size 1 at the given places of the result. */
export const unsqueeze = (x: Value, axes: readonly number[]): Value => emitWithAxes('Unsqueeze', x, axes, 13)

/** x without the given axes of size 1. */
export const squeeze = (x: Value, axes: readonly number[]): Value => emitWithAxes('Squeeze', x, axes, 13)

export const identity = (x: Value): Value => emit('Identity', [x])

/** The sizes of x as an int64 vector. */
export const shape = (x: Value): Value => emit('Shape', [x])

/** x with `before[i]` and `after[i]` zeros around axis i. */
export const pad = (x: Value, before: readonly number[], after: readonly number[]): Value =>
  emit('Pad', [x, x.graph.constant('int64', [...before, ...after])])
