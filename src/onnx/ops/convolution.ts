import { addDims, type Dim, floorDivideDim, formatShape, multiplyDims, type Shape } from '../dim.js'
import { ints, type Node, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { emit, requireEqual, sameDType } from './common.js'

/** Schemas and functions of the operators that slide a kernel over the axes behind batch and channels. */

/** A convolution's spatial parameters with the defaults of ONNX filled in. @throws where pads are left to the runtime */
export function convolutionOf(node: Node) {
  if (node.string('auto_pad', 'NOTSET') !== 'NOTSET') throw new Error('auto_pad is not supported: give pads')
  return { ...windowOf(node, node.input(1).shape.slice(2).map(Number)), group: node.int('group', 1) }
}

/** What slides over the input; pads before all axes come before those after them. */
interface Window {
  kernel: readonly number[]
  strides: readonly number[]
  pads: readonly number[]
  dilations: readonly number[]
}

function windowOf(node: Node, kernel: readonly number[]): Window {
  return {
    kernel,
    strides: spatialInts(node, 'strides', kernel.length, 1),
    pads: spatialInts(node, 'pads', 2 * kernel.length, 0),
    dilations: spatialInts(node, 'dilations', kernel.length, 1),
  }
}

/** One number an axis of space; the default is also the least that makes sense. */
function spatialInts(node: Node, name: string, count: number, fallback: number): readonly number[] {
  const values = node.ints(name, Array(count).fill(fallback))
  if (values.length !== count || values.some((value) => value < fallback))
    throw new Error(`${name} [${values}] do not fit: ${count} numbers from ${fallback} on are needed`)
  return values
}

/** How far a kernel reaches along an axis. */
const reachOf = ({ kernel, dilations }: Window, i: number) => dilations[i]! * (kernel[i]! - 1) + 1

/** The sizes of space that a window leaves. */
function slide(node: Node, space: Shape, window: Window): Dim[] {
  const autoPad = node.string('auto_pad', 'NOTSET')
  const { pads, strides, kernel } = window
  return space.map((dim, i) => {
    const padded = autoPad === 'NOTSET' ? pads[i]! + pads[i + kernel.length]! : 0
    const reach = autoPad.startsWith('SAME') ? 1 : reachOf(window, i)
    const roundUp = node.int('ceil_mode', 0) ? strides[i]! - 1 : 0
    let size = addDims(floorDivideDim(addDims(dim, padded - reach + roundUp), strides[i]!), 1)
    if (typeof size !== 'number' || typeof dim !== 'number') return size
    // The last window has to start inside the input or the padding before it.
    if (roundUp > 0 && (size - 1) * strides[i]! >= dim + pads[i]!) size--
    if (size < 1) throw new Error(`a kernel of ${formatShape(kernel)} does not fit`)
    return size
  })
}

/** The result of a convolution of `x` with a `weight` [out, in / groups, ...kernel]. */
export function convolvedShape(node: Node, x: Value, weight: Value): Shape {
  if (x.rank !== weight.rank || x.rank < 3)
    throw new Error('input and kernel must both have batch, channels and the same space')
  const channels = weight.shape[1]!
  requireEqual('channels of input and kernel', x.shape[1], multiplyDims([channels, node.int('group', 1)]))
  const window = windowOf(node, weight.shape.slice(2).map(Number))
  return [x.shape[0]!, weight.shape[0]!, ...slide(node, x.shape.slice(2), window)]
}

const convSchema: Schema = (node) => {
  const [x, weight] = [node.input(0), node.input(1)]
  return { dtype: sameDType(x, weight), shape: convolvedShape(node, x, weight) }
}

const convTransposeSchema: Schema = (node) => {
  const [x, weight] = [node.input(0), node.input(1)]
  const window = windowOf(node, weight.shape.slice(2).map(Number))
  const { kernel, strides, pads } = window
  const extra = spatialInts(node, 'output_padding', kernel.length, 0)
  const autoPad = node.string('auto_pad', 'NOTSET')
  const given = node.ints('output_shape', [])
  const space = x.shape.slice(2).map((dim, i) => {
    if (given.length > 0) return given.at(i - kernel.length)!
    if (autoPad.startsWith('SAME')) return multiplyDims([strides[i]!, dim])
    const padded = autoPad === 'VALID' ? 0 : pads[i]! + pads[i + kernel.length]!
    return addDims(multiplyDims([strides[i]!, dim]), extra[i]! + reachOf(window, i) - padded - strides[i]!)
  })
  return { dtype: sameDType(x, weight), shape: [x.shape[0]!, Number(weight.shape[1]) * node.int('group', 1), ...space] }
}

export const convolutionSchemas: Record<string, Schema> = { Conv: convSchema, ConvTranspose: convTransposeSchema }

const poolSchema: Schema = (node) => {
  const x = node.input(0)
  const window = windowOf(node, node.ints('kernel_shape'))
  if (window.kernel.length !== x.rank - 2) throw new Error(`a kernel of ${formatShape(window.kernel)} does not fit`)
  const shape = [...x.shape.slice(0, 2), ...slide(node, x.shape.slice(2), window)]
  return [
    { dtype: x.dtype, shape },
    { dtype: 'int64', shape },
  ]
}

const globalPoolSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  return { dtype, shape: shape.map((dim, i) => (i < 2 ? dim : 1)) }
}

const maxUnpoolSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const given = node.inputs[2]
  if (given)
    return given.content ? { dtype, shape: given.content } : { dtype, shape: shape.map(() => node.graph.unknownDim()) }
  const { kernel, strides, pads } = windowOf(node, node.ints('kernel_shape'))
  const space = shape.slice(2).map((dim, i) => {
    return addDims(multiplyDims([strides[i]!, dim]), kernel[i]! - pads[i]! - pads[i + kernel.length]! - strides[i]!)
  })
  return { dtype, shape: [...shape.slice(0, 2), ...space] }
}

/** Sums of products of integers, with zero points as inputs 2 and 3. */
const convIntegerSchema: Schema = (node) => ({
  dtype: 'int32',
  shape: convolvedShape(node, node.input(0), node.input(1)),
})

/** x, its scale and zero point, the weight with its own, and those of the result. */
const qLinearConvSchema: Schema = (node) => ({
  dtype: node.input(7).dtype,
  shape: convolvedShape(node, node.input(0), node.input(3)),
})

const deformConvSchema: Schema = (node) => {
  const [x, weight, offset] = [node.input(0), node.input(1), node.input(2)]
  return { dtype: x.dtype, shape: [x.shape[0]!, weight.shape[0]!, ...offset.shape.slice(2)] }
}

const roiAlignSchema: Schema = (node) => {
  const [x, regions] = [node.input(0), node.input(1)]
  const size = [node.int('output_height', 1), node.int('output_width', 1)]
  return { dtype: x.dtype, shape: [regions.shape[0]!, x.shape[1]!, ...size] }
}

export const poolingSchemas: Record<string, Schema> = {
  MaxPool: poolSchema,
  AveragePool: poolSchema,
  LpPool: poolSchema,
  GlobalMaxPool: globalPoolSchema,
  GlobalAveragePool: globalPoolSchema,
  GlobalLpPool: globalPoolSchema,
  MaxUnpool: maxUnpoolSchema,
  ConvInteger: convIntegerSchema,
  QLinearConv: qLinearConvSchema,
  DeformConv: deformConvSchema,
  RoiAlign: roiAlignSchema,
}

/** A convolution without padding: x [batch, in, ...], weight [out, in, ...kernel], bias [out]. */
export function conv(x: Value, weight: Value, bias: Value | undefined, strides: readonly number[]): Value {
  return emit('Conv', bias ? [x, weight, bias] : [x, weight], { strides: ints(strides) })
}
