import type { Schema } from '../schema.js'
import { dtypeFrom, likeFirst, normalizeAxis } from './common.js'

/** Schemas of normalizations that Vitrine reads but does not emit. */

const batchNormSchema: Schema = (node, outputCount) => {
  const x = node.input(0)
  const result = { dtype: x.dtype, shape: x.shape }
  const statistics = { dtype: node.input(3).dtype, shape: [x.shape[1] ?? 1] }
  return [result, ...Array(Math.max(0, outputCount - 1)).fill(statistics)]
}

const rmsNormSchema: Schema = (node) => {
  const [x, scale] = [node.input(0), node.input(1)]
  const axis = normalizeAxis(node.int('axis', -1), x.rank)
  const statistics = {
    dtype: dtypeFrom(node, 'stash_type') ?? 'float32',
    shape: x.shape.map((dim, i) => (i < axis ? dim : 1)),
  }
  return [{ dtype: scale.dtype, shape: x.shape }, statistics]
}

export const normalizationSchemas: Record<string, Schema> = {
  BatchNormalization: batchNormSchema,
  RMSNormalization: rmsNormSchema,
  InstanceNormalization: likeFirst,
  GroupNormalization: likeFirst,
  LpNormalization: likeFirst,
  MeanVarianceNormalization: likeFirst,
  LRN: likeFirst,
}
