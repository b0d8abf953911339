import { float, int, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { emit, normalizeAxis } from './common.js'

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
  const sizes = node.inputs[3]
  if (sizes?.content?.length === x.rank && node.string('keep_aspect_ratio_policy', 'stretch') === 'stretch')
    return { dtype: x.dtype, shape: sizes.content }
  return { dtype: x.dtype, shape: x.shape.map(() => node.graph.unknownDim()) }
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
