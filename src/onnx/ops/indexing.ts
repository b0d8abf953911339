import { type Dim, divideDims, multiplyDims, type Shape } from '../dim.js'
import type { Schema } from '../schema.js'
import { likeFirst, normalizeAxis, unknownShape } from './common.js'

/** Schemas of operators that choose, repeat or reorder elements, which Vitrine reads but does not emit. */

const topKSchema: Schema = (node) => {
  const { dtype, shape, rank } = node.input(0)
  const axis = normalizeAxis(node.int('axis', -1), rank)
  // An attribute before opset 10.
  const count = node.attributes.k ? node.int('k') : (node.input(1).content?.[0] ?? node.graph.unknownDim())
  const chosen = (shape as Dim[]).with(axis, count)
  return [
    { dtype, shape: chosen },
    { dtype: 'int64', shape: chosen },
  ]
}

const tileSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  // Two scalars, how often and along which axis, in opset 1.
  const repeats = node.input(1).content
  if (!repeats || repeats.length !== shape.length) return { dtype, shape: shape.map(() => node.graph.unknownDim()) }
  return { dtype, shape: shape.map((dim, i) => multiplyDims([dim, repeats[i]!])) }
}

const gatherNdSchema: Schema = (node) => {
  const [x, indices] = [node.input(0), node.input(1)]
  const depth = indices.shape.at(-1)
  if (typeof depth !== 'number') return undefined
  const shared = node.int('batch_dims', 0)
  if (shared + depth > x.rank) throw new Error(`indices of ${depth} numbers do not fit rank ${x.rank}`)
  return { dtype: x.dtype, shape: [...indices.shape.slice(0, -1), ...x.shape.slice(shared + depth)] }
}

const nonZeroSchema: Schema = (node) => ({
  dtype: 'int64',
  shape: [Math.max(node.input(0).rank, 1), node.graph.unknownDim()],
})

const compressSchema: Schema = (node) => {
  const { dtype, shape, rank } = node.input(0)
  const size = node.graph.unknownDim()
  if (!node.attributes.axis) return { dtype, shape: [size] }
  return { dtype, shape: (shape as Dim[]).with(normalizeAxis(node.int('axis'), rank), size) }
}

/** The different slices, where each is first, where each slice went, and how often each is there. */
const uniqueSchema: Schema = (node) => {
  const { dtype, shape, rank } = node.input(0)
  const count = node.graph.unknownDim()
  const axis = node.attributes.axis ? normalizeAxis(node.int('axis'), rank) : undefined
  const vector = (size: Dim) => ({ dtype: 'int64' as const, shape: [size] })
  const all = axis === undefined ? multiplyDims(shape) : shape[axis]!
  return [
    { dtype, shape: axis === undefined ? [count] : (shape as Dim[]).with(axis, count) },
    vector(count),
    vector(all),
    vector(count),
  ]
}

/** Blocks of pixels become channels, or channels blocks of pixels. */
const blockSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const [batch, channels, height, width] = shape as Dim[]
  const size = node.int('blocksize')
  const fewer = (dim: Dim, by: number) => divideDims(dim, by) ?? node.graph.unknownDim()
  const result: Shape =
    node.op === 'SpaceToDepth'
      ? [batch!, multiplyDims([channels!, size * size]), fewer(height!, size), fewer(width!, size)]
      : [batch!, fewer(channels!, size * size), multiplyDims([height!, size]), multiplyDims([width!, size])]
  return { dtype, shape: result }
}

const gridSampleSchema: Schema = (node) => {
  const [x, grid] = [node.input(0), node.input(1)]
  return { dtype: x.dtype, shape: [...x.shape.slice(0, 2), ...grid.shape.slice(1, -1)] }
}

const affineGridSchema: Schema = (node) => {
  const size = node.input(1).content ?? unknownShape(node.graph, node.input(1).shape[0])
  return size && { dtype: node.input(0).dtype, shape: [size[0]!, ...size.slice(2), size.length - 2] }
}

/** Cuts and fills around the middle. */
const centerCropPadSchema: Schema = (node) => {
  const { dtype, shape, rank } = node.input(0)
  const axes = node
    .ints(
      'axes',
      shape.map((_, i) => i),
    )
    .map((axis) => normalizeAxis(axis, rank))
  const target = node.input(1).content
  return {
    dtype,
    shape: shape.map((dim, i) => (axes.includes(i) ? (target?.[axes.indexOf(i)] ?? node.graph.unknownDim()) : dim)),
  }
}

const col2ImSchema: Schema = (node) => {
  const { dtype, shape } = node.input(0)
  const [image, block] = [node.input(1).content, node.input(2).content]
  if (!image || !block) return undefined
  return { dtype, shape: [shape[0]!, divideDims(shape[1]!, multiplyDims(block)) ?? node.graph.unknownDim(), ...image] }
}

export const indexingSchemas: Record<string, Schema> = {
  TopK: topKSchema,
  Tile: tileSchema,
  GatherND: gatherNdSchema,
  NonZero: nonZeroSchema,
  Compress: compressSchema,
  Unique: uniqueSchema,
  SpaceToDepth: blockSchema,
  DepthToSpace: blockSchema,
  GridSample: gridSampleSchema,
  AffineGrid: affineGridSchema,
  CenterCropPad: centerCropPadSchema,
  Col2Im: col2ImSchema,
  NonMaxSuppression: (node) => ({ dtype: 'int64', shape: [node.graph.unknownDim(), 3] }),
  CumSum: likeFirst,
  CumProd: likeFirst,
  ReverseSequence: likeFirst,
  Scatter: likeFirst,
  TensorScatter: likeFirst,
  Trilu: likeFirst,
}
