import { type Dim, formatShape } from '../dim.js'
import { int, ints, type Node, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { broadcastShapes, emit, sameDType } from './common.js'

function requireEqual(what: string, a: Dim | undefined, b: Dim | undefined) {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) throw new Error(`${what} differ: ${a} and ${b}`)
}

const matMulSchema: Schema = (node) => {
  const [a, b] = [node.input(0), node.input(1)]
  const dtype = sameDType(a, b)
  if (a.rank === 0 || b.rank === 0) throw new Error('a scalar has no rows or columns')
  requireEqual('inner sizes', a.shape.at(-1), b.shape.at(b.rank === 1 ? 0 : -2))
  const batch = broadcastShapes(node.graph, a.shape.slice(0, -2), b.shape.slice(0, -2))
  return {
    dtype,
    shape: [...batch, ...(a.rank > 1 ? [a.shape.at(-2)!] : []), ...(b.rank > 1 ? [b.shape.at(-1)!] : [])],
  }
}

const gemmSchema: Schema = (node) => {
  const [a, b, c] = [node.input(0), node.input(1), node.inputs[2]]
  if (a.rank !== 2 || b.rank !== 2) throw new Error('both factors must be matrices')
  const [rows, inner] = node.int('transA', 0) ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!]
  const [innerB, columns] = node.int('transB', 0) ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!]
  requireEqual('inner sizes', inner, innerB)
  if (c) requireEqual('columns of product and addend', columns, c.shape.at(-1) === 1 ? columns : c.shape.at(-1))
  return { dtype: c ? sameDType(a, b, c) : sameDType(a, b), shape: [rows, columns] }
}

/** A convolution's spatial parameters with the defaults of ONNX filled in. */
export function convolutionOf(node: Node) {
  const weight = node.input(1)
  const spatial = weight.rank - 2
  const kernel = weight.shape.slice(2)
  if (node.string('auto_pad', 'NOTSET') !== 'NOTSET') throw new Error('auto_pad is not supported: give pads')
  return {
    kernel: kernel.map(Number),
    strides: spatialInts(node, 'strides', spatial, 1),
    pads: spatialInts(node, 'pads', 2 * spatial, 0),
    dilations: spatialInts(node, 'dilations', spatial, 1),
    group: node.int('group', 1),
  }
}

/** One number an axis of space; the default is also the least that makes sense. */
function spatialInts(node: Node, name: string, count: number, fallback: number): readonly number[] {
  const values = node.ints(name, Array(count).fill(fallback))
  if (values.length !== count || values.some((value) => value < fallback))
    throw new Error(`${name} [${values}] do not fit: ${count} numbers from ${fallback} on are needed`)
  return values
}

const convSchema: Schema = (node) => {
  const [x, weight] = [node.input(0), node.input(1)]
  if (x.rank !== weight.rank || x.rank < 3)
    throw new Error('input and kernel must both have batch, channels and the same space')
  const { kernel, strides, pads, dilations, group } = convolutionOf(node)
  const channels = weight.shape[1]
  requireEqual('channels of input and kernel', x.shape[1], typeof channels === 'number' ? channels * group : channels)
  const space = x.shape.slice(2).map((dim, i) => {
    if (typeof dim !== 'number') return node.graph.unknownDim()
    const reach = dilations[i]! * (kernel[i]! - 1) + 1
    const size = Math.floor((dim + pads[i]! + pads[i + kernel.length]! - reach) / strides[i]!) + 1
    if (size < 1) throw new Error(`a kernel of ${formatShape(kernel)} does not fit`)
    return size
  })
  return { dtype: sameDType(x, weight), shape: [x.shape[0]!, weight.shape[0]!, ...space] }
}

const convTransposeSchema: Schema = (node) => {
  const [x, weight] = [node.input(0), node.input(1)]
  const { kernel, strides, pads, dilations, group } = convolutionOf(node)
  const extra = spatialInts(node, 'output_padding', kernel.length, 0)
  const space = x.shape.slice(2).map((dim, i) => {
    if (typeof dim !== 'number') return node.graph.unknownDim()
    return (
      strides[i]! * (dim - 1) + extra[i]! + dilations[i]! * (kernel[i]! - 1) + 1 - pads[i]! - pads[i + kernel.length]!
    )
  })
  return { dtype: sameDType(x, weight), shape: [x.shape[0]!, Number(weight.shape[1]) * group, ...space] }
}

export const matrixSchemas: Record<string, Schema> = {
  MatMul: matMulSchema,
  Gemm: gemmSchema,
  Conv: convSchema,
  ConvTranspose: convTransposeSchema,
}

/** The matrix product of the last two axes; the others broadcast. */
export const matMul = (a: Value, b: Value): Value => emit('MatMul', [a, b])

/** A·B + C for matrices; either factor may be transposed: `transB` takes B as [columns, inner]. */
export function gemm(a: Value, b: Value, c?: Value, { transA = false, transB = false } = {}): Value {
  return emit('Gemm', c ? [a, b, c] : [a, b], { transA: int(Number(transA)), transB: int(Number(transB)) })
}

/** A convolution without padding: x [batch, in, ...], weight [out, in, ...kernel], bias [out]. */
export function conv(x: Value, weight: Value, bias: Value | undefined, strides: readonly number[]): Value {
  return emit('Conv', bias ? [x, weight, bias] : [x, weight], { strides: ints(strides) })
}
