import type { Value } from '../../../onnx/index.js'
import type { Runtime } from '../../../runtime/session.js'
import type { Part } from '../../part.js'
import { type ElementOrder, elementOrder } from './element-order.js'

/** Rows of weights, [outFeatures, inFeatures], and their biases. */
export interface Projection {
  weight: Float32Array
  bias: Float32Array | undefined
}

/** How the samples' tokens lie in memory: one sample after another, or the first token of all samples first. */
export interface Tokens {
  value: Value
  tokensFirst: boolean
}

/** Multi-head self-attention up to the product that joins the heads, however it was written down. */
export interface SelfAttention {
  /** What queries, keys and values are products of: [batch, tokens, features], [tokens, batch, features], or as rows. */
  x: Tokens
  /** What the product of all heads joined is given, in one of the same forms. */
  output: Tokens
  tokens: number
  inFeatures: number
  heads: number
  headDim: number
  /** Of the scores. */
  scale: number
  /** Queries, keys and values, their features ordered by heads. */
  projections: [Projection, Projection, Projection]
}

/** Reads self-attention without mask off its part; undefined where it does anything else besides. */
export async function selfAttentionOf(part: Part, runtime: Runtime): Promise<SelfAttention | undefined> {
  const product = part.parts.find(({ kind }) => kind === 'scaledDotProduct')
  const last = part.parts.find(({ name, kind }) => kind === 'linear' && name.endsWith('.proj'))
  const { heads, headDim } = part.details
  const tokens = product?.inputs[0]?.isTyped && product.inputs[0].shape.at(-2)
  if (!product || !last || product.inputs.length !== 3 || isMasked(product) || product.outputs.length !== 1)
    return undefined
  if (typeof tokens !== 'number' || typeof heads !== 'number' || typeof headDim !== 'number') return undefined
  const sizes = { tokens, heads, headDim }
  const linears = part.parts.filter((inner) => inner.kind === 'linear' && inner !== last)
  if (![...linears, last].every(isFloat32)) return undefined

  const sources: Source[] = []
  for (const [i, input] of product.inputs.entries()) {
    const keyTransposed = i === 1 && product.details.keyTransposed === true
    const source = await sourceOf(input, linears, { ...sizes, keyTransposed }, runtime)
    if (!source) return undefined
    sources.push(source)
  }
  const [q, k, v] = sources as [Source, Source, Source]
  const output = await outputOf(product.outputs[0]!, last.inputs[0]!, sizes, runtime)
  const x = q.linear.inputs[0]!
  if (!output || v.factor !== 1 || x.rank > 3 || output.value.rank > 3) return undefined
  if ([k, v].some((source) => source.linear.inputs[0] !== x || source.tokensFirst !== q.tokensFirst)) return undefined
  return {
    ...sizes,
    x: { value: x, tokensFirst: q.tokensFirst },
    output,
    inFeatures: Number(q.linear.details.inFeatures),
    scale: Number(product.details.scale) * q.factor * k.factor,
    projections: [projectionOf(q), projectionOf(k), projectionOf(v)],
  }
}

const isFloat32 = ({ weights: { weight } }: Part) =>
  weight?.numbers !== undefined && weight.dtype === 'float32' && weight.rank === 2

const isMasked = ({ weights, details }: Part) => weights.mask !== undefined || details.masked === true

interface Sizes {
  tokens: number
  heads: number
  headDim: number
  /** Keys with their last two axes turned: [batch, heads, headDim, tokens]. */
  keyTransposed?: boolean
}

/** The product that queries, keys or values come from. */
interface Source {
  linear: Part
  /** Its column of each feature, ordered by heads. */
  columns: Int32Array
  tokensFirst: boolean
  factor: number
}

async function sourceOf(
  value: Value,
  linears: readonly Part[],
  sizes: Sizes,
  runtime: Runtime,
): Promise<Source | undefined> {
  for (const linear of linears) {
    const order = await elementOrder(linear.outputs[0]!, value, runtime)
    const place = order && columnsOf(order, Number(linear.details.outFeatures), sizes)
    if (place) return { linear, ...place, factor: order.factor }
  }
  return undefined
}

/** Which column each feature is, if it is the same one for all tokens of all samples. */
function columnsOf({ source }: ElementOrder, width: number, { tokens, heads, headDim, keyTransposed }: Sizes) {
  const batch = source.length / (heads * tokens * headDim)
  const at = (b: number, h: number, n: number, j: number) =>
    source[keyTransposed ? ((b * heads + h) * headDim + j) * tokens + n : ((b * heads + h) * tokens + n) * headDim + j]!
  const columns = Int32Array.from({ length: heads * headDim }, (_, i) => at(0, Math.floor(i / headDim), 0, i % headDim))
  for (const tokensFirst of [false, true]) {
    const row = (b: number, n: number) => (tokensFirst ? n * batch + b : b * tokens + n)
    const fits = every(
      [batch, heads, tokens, headDim],
      (b, h, n, j) => at(b, h, n, j) === row(b, n) * width + columns[h * headDim + j]!,
    )
    if (fits) return { columns, tokensFirst }
  }
  return undefined
}

/** What the last product is given, if that is the heads side by side. */
async function outputOf(heads: Value, joined: Value, sizes: Sizes, runtime: Runtime): Promise<Tokens | undefined> {
  const order = await elementOrder(heads, joined, runtime)
  if (order?.factor !== 1) return undefined
  const { tokens, heads: count, headDim } = sizes
  const batch = order.source.length / (count * tokens * headDim)
  for (const tokensFirst of [false, true]) {
    const row = (b: number, n: number) => (tokensFirst ? n * batch + b : b * tokens + n)
    const fits = every(
      [batch, count, tokens, headDim],
      (b, h, n, j) =>
        order.source[(row(b, n) * count + h) * headDim + j] === ((b * count + h) * tokens + n) * headDim + j,
    )
    if (fits) return { value: joined, tokensFirst }
  }
  return undefined
}

function every(
  [a, b, c, d]: [number, number, number, number],
  test: (i: number, j: number, k: number, l: number) => boolean,
): boolean {
  for (let i = 0; i < a; i++)
    for (let j = 0; j < b; j++)
      for (let k = 0; k < c; k++) for (let l = 0; l < d; l++) if (!test(i, j, k, l)) return false
  return true
}

function projectionOf({ linear, columns }: Source): Projection {
  const inFeatures = Number(linear.details.inFeatures)
  const outFeatures = Number(linear.details.outFeatures)
  const numbers = linear.weights.weight!.data as Float32Array
  const weight = new Float32Array(columns.length * inFeatures)
  // The strides of the weight, which is [out, in] or [in, out].
  const [perColumn, perRow] = linear.details.transposed ? [inFeatures, 1] : [1, outFeatures]
  for (const [i, column] of columns.entries())
    for (let j = 0; j < inFeatures; j++) weight[i * inFeatures + j] = numbers[column * perColumn + j * perRow]!
  const biases = linear.weights.bias?.data as Float32Array | undefined
  return { weight, bias: biases && Float32Array.from(columns, (column) => biases[column]!) }
}
