import { type Dim, floorDivideDim, multiplyDims } from '../dim.js'
import { float, int, type Node, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { emit, likeFirst, normalizeAxis } from './common.js'

const softmaxSchema: Schema = (node) => {
  const x = node.input(0)
  normalizeAxis(node.int('axis', node.graph.opset < 13 ? 1 : -1), x.rank)
  return { dtype: x.dtype, shape: x.shape }
}

const layerNormSchema: Schema = (node) => {
  const [x, scale] = [node.input(0), node.input(1)]
  const axis = normalizeAxis(node.int('axis', -1), x.rank)
  const last = x.shape.at(-1)
  if (scale.rank > x.rank - axis || (typeof last === 'number' && scale.shape.at(-1) !== last))
    throw new Error(`a scale of ${scale.shape.at(-1)} does not fit features of ${last}`)
  const statistics = { dtype: 'float32' as const, shape: x.shape.map((dim, i) => (i < axis ? dim : 1)) }
  return [{ dtype: x.dtype, shape: x.shape }, statistics, statistics]
}

const resizeSchema: Schema = (node) => {
  const x = node.input(0)
  const isStretched = node.string('keep_aspect_ratio_policy', 'stretch') === 'stretch'
  const axes = node
    .ints(
      'axes',
      x.shape.map((_, i) => i),
    )
    .map((axis) => normalizeAxis(axis, x.rank))
  // Opset 10 has no region of interest in front of the factors.
  const factors = node.graph.opset < 11 ? node.inputs[1] : node.inputs[2]
  const sizes = isStretched ? node.inputs[3]?.content : undefined
  const isTold = (list: ArrayLike<unknown> | undefined) => list?.length === axes.length
  const shape = x.shape.map((dim, i) => {
    const at = axes.indexOf(i)
    if (at < 0) return dim
    if (isTold(sizes)) return sizes![at]!
    return isTold(factors?.data) ? scaled(node, dim, Number(factors!.data![at])) : node.graph.unknownDim()
  })
  return { dtype: x.dtype, shape }
}

/** The opsets before 10; the factors are an attribute before 9. */
const upsampleSchema: Schema = (node) => {
  const x = node.input(0)
  const factors = node.attributes.scales?.kind === 'floats' ? node.attributes.scales.value : node.inputs[1]?.data
  const shape = x.shape.map((dim, i) => (factors ? scaled(node, dim, Number(factors[i])) : node.graph.unknownDim()))
  return { dtype: x.dtype, shape }
}

const scaled = (node: Node, dim: Dim, factor: number): Dim => {
  if (typeof dim === 'number') return Math.floor(dim * factor)
  if (Number.isInteger(factor)) return multiplyDims([dim, factor])
  return Number.isInteger(1 / factor) ? floorDivideDim(dim, 1 / factor) : node.graph.unknownDim()
}

/** Operators that Vitrine reads but does not emit. */
export const moreNeuralSchemas: Record<string, Schema> = {
  Upsample: upsampleSchema,
  // ONNX Runtime's optimizer puts it into the default domain.
  SimplifiedLayerNormalization: likeFirst,
  OptionalHasElement: () => ({ dtype: 'bool', shape: [] }),
  SequenceLength: () => ({ dtype: 'int64', shape: [] }),
}

export const neuralSchemas: Record<string, Schema> = {
  Softmax: softmaxSchema,
  LogSoftmax: softmaxSchema,
  LayerNormalization: layerNormSchema,
  Resize: resizeSchema,
  Dropout: (node) => {
    const x = node.input(0)
    return [
      { dtype: x.dtype, shape: x.shape },
      { dtype: 'bool', shape: x.shape },
    ]
  },
}

/** Exponentials along the last axis, scaled to sum to one. */
export const softmax = (x: Value): Value => emit('Softmax', [x], { axis: int(x.rank - 1) })

/** The logarithm of the softmax along the last axis. */
export const logSoftmax = (x: Value): Value => emit('LogSoftmax', [x], { axis: int(x.rank - 1) })

/**
 * Normalises the last axis to mean 0 and variance 1, then scales and shifts (Ba, Kiros and Hinton, 2016).
 * @throws GraphError before opset 17, which introduced it
 */
export function layerNormalization(x: Value, scale: Value, bias: Value, epsilon: number): Value {
  return emit('LayerNormalization', [x, scale, bias], { axis: int(-1), epsilon: float(epsilon) })
}
