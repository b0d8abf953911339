import { subtractDims } from '../dim.js'
import type { Graph } from '../graph.js'
import { contentOf, int, largestContent, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { type DType, tensor } from '../tensor.js'
import { dtypeFrom, elementsOf, emit, normalizeAxis, unknownShape } from './common.js'

/** Schemas and functions of the operators that make tensors from nothing but sizes and indices. */

const constantSchema: Schema = (node) => {
  const { constant } = node
  if (constant) return { dtype: constant.dtype, shape: constant.shape, content: contentOf(constant) }
  const [name] = Object.keys(node.attributes)
  throw new Error(name ? `attribute ${name} of a Constant is not supported` : 'it has no value')
}

const constantOfShapeSchema: Schema = (node) => {
  const target = node.input(0)
  const fill = node.tensor('value') ?? tensor('float32', [0])
  const shape = target.content ?? unknownShape(node.graph, target.shape[0])
  if (!shape) return undefined
  const isVector = shape.length === 1 && Number(shape[0]) >= 0 && Number(shape[0]) <= largestContent
  return {
    dtype: fill.dtype,
    shape,
    content: isVector ? Array(shape[0]).fill(Number(fill.data[0])) : undefined,
  }
}

const rangeSchema: Schema = (node) => {
  const [start, limit, delta] = [0, 1, 2].map((i) => elementsOf(node.input(i))?.[0])
  const known = typeof start === 'number' && typeof limit === 'number' && typeof delta === 'number'
  const size = known
    ? Math.max(0, Math.ceil((limit - start) / delta))
    : start !== undefined && delta === 1 && limit !== undefined
      ? subtractDims(limit, start)
      : node.graph.unknownDim()
  const content =
    known && (size as number) <= largestContent
      ? Array.from({ length: size as number }, (_, i) => start + i * delta)
      : undefined
  return { dtype: node.input(0).dtype, shape: [size], content }
}

const oneHotSchema: Schema = (node) => {
  const [indices, depth, values] = [node.input(0), node.input(1), node.input(2)]
  const axis = normalizeAxis(node.int('axis', -1), indices.rank + 1)
  return {
    dtype: values.dtype,
    shape: indices.shape.toSpliced(axis, 0, elementsOf(depth)?.[0] ?? node.graph.unknownDim()),
  }
}

export const creationSchemas: Record<string, Schema> = {
  Constant: constantSchema,
  ConstantOfShape: constantOfShapeSchema,
  Range: rangeSchema,
  OneHot: oneHotSchema,
}

const likeSchema: Schema = (node) => ({
  dtype: dtypeFrom(node, 'dtype') ?? node.input(0).dtype,
  shape: node.input(0).shape,
})

const bitCastSchema: Schema = (node) => ({ dtype: dtypeFrom(node, 'to')!, shape: node.input(0).shape })

const randomSchema: Schema = (node) => ({ dtype: dtypeFrom(node, 'dtype') ?? 'float32', shape: node.ints('shape') })

const samplesSchema: Schema = (node) => ({
  dtype: dtypeFrom(node, 'dtype') ?? 'int32',
  shape: [node.input(0).shape[0]!, node.int('sample_size', 1)],
})

const windowSchema: Schema = (node) => ({
  dtype: dtypeFrom(node, 'output_datatype') ?? 'float32',
  shape: [node.input(0).content?.[0] ?? node.graph.unknownDim()],
})

/** Operators that make tensors, which Vitrine reads but does not emit. */
export const moreCreationSchemas: Record<string, Schema> = {
  EyeLike: likeSchema,
  Bernoulli: likeSchema,
  RandomNormalLike: likeSchema,
  RandomUniformLike: likeSchema,
  BitCast: bitCastSchema,
  RandomNormal: randomSchema,
  RandomUniform: randomSchema,
  Multinomial: samplesSchema,
  BlackmanWindow: windowSchema,
  HammingWindow: windowSchema,
  HannWindow: windowSchema,
}

/** A tensor of one repeated number whose shape is the int64 vector `target`. */
export function constantOfShape(target: Value, dtype: DType, fill = 0): Value {
  return emit('ConstantOfShape', [target], { value: { kind: 'tensor', value: tensor(dtype, [fill]) } })
}

/** 0, 1 … count - 1. */
export function range(graph: Graph, dtype: DType, count: number): Value {
  return emit('Range', [graph.constant(dtype, 0), graph.constant(dtype, count), graph.constant(dtype, 1)])
}

/** `on` at each index along a new last axis of size `depth`, and `off` elsewhere: int64 [...] to float32 [..., depth]. */
export function oneHot(indices: Value, depth: number, off = 0, on = 1): Value {
  const { graph } = indices
  return emit('OneHot', [indices, graph.constant('int64', depth), graph.constant('float32', [off, on])], {
    axis: int(-1),
  })
}
