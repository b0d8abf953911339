import type { ViT } from '../../nn/index.js'
import { type DType, elementCount, Graph, type Tensor } from '../../onnx/index.js'
import { Random } from '../../random.js'
import type { Runtime, Tensors } from '../../runtime/session.js'
import { toFloat32 } from '../../weights/index.js'
import { softmax } from '../classifier.js'
import type { Encoded } from '../encode-for-runtime.js'
import { isNarrowGraph, widenGraph } from './widen-graph.js'

/** Writes a graph for the runtime. */
export type Encoder = (graph: Graph) => Encoded | Promise<Encoded>

/** A model file as a runtime takes it, and its graph to look at. */
export type RunnableFile = Encoded & { graph: Graph }

/** How far two models' outputs are apart. */
export interface Comparison {
  /** The largest difference, relative to the largest output; infinite where no output has the size of ours. */
  difference: number
  /** The name of the file's output that is ours. */
  output: string
}

/**
 * Runs a file and the ViT rebuilt from it on the same random pictures. Of the file's outputs the one counts that is
 * nearest to ours: the logits, or the probabilities, or the tokens that ours pools. One that computes with 16 bits is run
 * with 32, so that only what differs shows, and no rounding.
 */
export async function compareWith(
  file: RunnableFile,
  vit: ViT,
  runtime: Runtime,
  encode: Encoder,
): Promise<Comparison> {
  const pixels = file.graph.inputs[0]!
  const { inChannels, imageSize } = vit.config
  const batch = batchOf(file.graph)
  const shape = [batch, inChannels, imageSize, imageSize]
  const theirs = await run(runtime, isNarrowGraph(file.graph) ? await encode(widenGraph(file.graph)) : file, {
    [pixels.name]: randomPixels(shape, pixels.dtype),
  })
  const ours = await run(runtime, await encode(vit.build(new Graph(), batch)), { pixel_values: randomPixels(shape) })
  const expected = Object.values(ours)[0]!
  const found = Object.entries(theirs).map(([output, tensor]) => ({
    output,
    difference: nearest(tensor, expected, vit),
  }))
  return found.reduce((best, one) => (one.difference < best.difference ? one : best), {
    output: '',
    difference: Number.POSITIVE_INFINITY,
  })
}

/** How many pictures a graph takes at once; one where it takes any number. */
export function batchOf({ inputs }: Graph): number {
  const size = inputs[0]?.shape[0]
  return typeof size === 'number' ? size : 1
}

/** Runs a model once. */
export async function run(
  runtime: Runtime,
  { model, externalData, externalFolder }: Encoded,
  feeds: Tensors,
): Promise<Tensors> {
  const beside = { ...(externalData && { externalData }), ...(externalFolder && { externalFolder }) }
  const session = await runtime.createSession(model, beside)
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}

/** From -2 to 2, the same at every call: a session may take them over. */
export function randomPixels(shape: readonly number[], dtype: DType = 'float32'): Tensor {
  const random = new Random(0, 'pixels')
  const values = Float32Array.from({ length: elementCount(shape) }, () => random.uniform(-2, 2))
  return dtype === 'float64'
    ? { dtype, shape, data: Float64Array.from(values) }
    : { dtype: 'float32', shape, data: values }
}

/** The difference of an output from ours, [batch, features], as it is, as probabilities, or pooled. */
function nearest(output: Tensor, ours: Tensor, vit: ViT): number {
  if (!output.dtype.includes('float')) return Number.POSITIVE_INFINITY
  const features = ours.shape[1]!
  const values = toFloat32(output).data
  const expected = ours.data as Float32Array
  if (values.length === expected.length)
    return Math.min(relativeDifference(values, expected), relativeDifference(values, probabilities(expected, features)))
  const isTokens = output.shape.length === 3 && output.shape[2] === features && output.shape[0] === ours.shape[0]
  return isTokens
    ? relativeDifference(pooled(values, output.shape as [number, number, number], vit), expected)
    : Number.POSITIVE_INFINITY
}

function probabilities(logits: Float32Array, classes: number): Float32Array {
  const rows = Array.from({ length: logits.length / classes }, (_, i) =>
    logits.subarray(i * classes, (i + 1) * classes),
  )
  return Float32Array.from(rows.flatMap(softmax))
}

/** Tokens as the model pools them: the first one, or the mean of the patches. */
function pooled(tokens: Float32Array, [batch, count, dim]: [number, number, number], { config }: ViT): Float32Array {
  const first = config.pooling === 'token' ? 0 : count - (config.imageSize / config.patchSize) ** 2
  const last = config.pooling === 'token' ? 1 : count
  const result = new Float32Array(batch * dim)
  for (let i = 0; i < result.length; i++) {
    const start = Math.floor(i / dim) * count * dim + (i % dim)
    let sum = 0
    for (let token = first; token < last; token++) sum += tokens[start + token * dim]!
    result[i] = sum / (last - first)
  }
  return result
}

/** The largest difference, relative to the largest of what is expected. */
export function relativeDifference(values: Float32Array, expected: Float32Array): number {
  let largest = 0
  let difference = 0
  for (const [i, value] of expected.entries()) {
    largest = Math.max(largest, Math.abs(value))
    const error = Math.abs(value - values[i]!)
    if (!(error <= difference)) difference = error
  }
  return difference / largest
}
