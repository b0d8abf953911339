import type { Value } from '../../onnx/index.js'
import { linearEndingIn, type Wiring } from '../patterns/index.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isNorm } from './kinds.js'
import { arrangements, type Origin, regionBetween, traceBack, traceForward } from './trace.js'

/** Puts the projections around scaled dot products: from what queries, keys and values are made of to the last product. */
export function findAttention(forest: Forest): Draft[] {
  const products = forest.parts().filter(({ kind }) => kind === 'scaledDotProduct')
  return products.flatMap((product) => attentionAround(forest, product) ?? [])
}

function attentionAround(forest: Forest, product: Draft): Draft | undefined {
  const { wiring } = forest
  const holdsProjection = product.weights.weight !== undefined
  const origins: ProjectedFrom[] = holdsProjection
    ? []
    : product.inputs!.slice(0, 3).map((input) => originOf(forest, input))
  if (origins.some(({ part, value }) => part?.kind !== 'linear' && wiring.dependsOnInput(value))) return undefined
  const projections = new Set(origins.flatMap(({ part }) => part ?? []))
  const after = traceForward(forest, outputOf(wiring, product))
  const projection = after?.part?.kind === 'linear' ? after.part : undefined
  const sources = [...projections].map((part) => traceBack(forest, part.inputs![0]!))
  const inputs = holdsProjection ? [product.inputs![0]!] : tokensOf(forest, sources)
  const sizes = sizesOf(product, projection, origins)
  if (!inputs.length || !sizes) return undefined
  const output = arranged(wiring, outputOf(wiring, projection ?? product))
  // A learned query may be computed before the tokens are.
  const learned = origins.flatMap(({ value, path }) => (wiring.dependsOnInput(value) ? [] : path))
  const parts = [product, ...projections].flatMap(({ nodes }) => [...nodes])
  const draft = forest.wrap([...regionBetween(wiring, inputs, [output]), ...learned, ...parts], {
    kind: 'attention',
    inputs,
    details: {
      dim: Number(projection?.details.outFeatures ?? sizes.heads * sizes.headDim),
      ...sizes,
      scale: origins.slice(0, 2).reduce((scale, origin) => scale * origin.scale, Number(product.details.scale)),
      qkv: ['one product', 'one product', 'two products', 'three products'][projections.size]!,
      ...(origins.some(({ isChanged }) => isChanged) ? { changed: 'queries or keys, after projection' } : {}),
      ...(sources.some(makesWindows) ? { windows: true } : {}),
      form: String(product.details.form),
    },
  })
  if (!draft) return undefined
  Object.assign(product.details, sizes)
  if (holdsProjection) separateProjection(forest, draft, product)
  nameProjections(origins, projection)
  return draft
}

/** `com.microsoft.Attention` is given as a product and the attention behind it, though it is one node. */
function separateProjection(forest: Forest, attention: Draft, product: Draft) {
  const { weight, bias, ...others } = product.weights
  const { inFeatures, ...details } = product.details
  const outFeatures = 3 * Number(details.heads) * Number(details.headDim)
  forest.addEmpty(
    attention,
    {
      kind: 'linear',
      role: 'qkv',
      inputs: product.inputs!,
      weights: { weight: weight!, ...(bias ? { bias } : {}) },
      details: { inFeatures: inFeatures!, outFeatures, transposed: false, form: String(details.form) },
    },
    product.inputs![0]!.producer,
  )
  product.weights = others
  product.details = details
}

/** Where queries, keys or values come from: a product mostly, or, for a learned query, a product of constants. */
function originOf(forest: Forest, input: Value): ProjectedFrom {
  const { wiring } = forest
  const origin = traceBack(forest, input, isNorm)
  if (origin.part) return origin
  if (!wiring.isConstant(origin.value)) return acrossChanges(forest, origin) ?? origin
  for (let { producer } = origin.value; producer; producer = producer.inputs[0]?.producer) {
    const match = linearEndingIn(producer, wiring)
    if (!match) continue
    const product = producer.inputs.flatMap((operand) => wiring.producer(operand, 'MatMul', 'Gemm') ?? [])
    return { ...origin, part: forest.wrap([producer, ...product.slice(0, producer.op === 'Add' ? 1 : 0)], match) }
  }
  return origin
}

interface ProjectedFrom extends Origin {
  /** Something else is computed between the product and the attention, as rotary position embeddings are. */
  isChanged?: boolean
}

/** More nodes do not belong between a projection and the attention. */
const mostChanges = 40

/** The one product that a value is computed from, though not by layout alone. */
function acrossChanges(forest: Forest, origin: Origin): ProjectedFrom | undefined {
  const { wiring } = forest
  const products = new Set<Draft>()
  const pending = new Set([origin.value])
  for (const value of pending) {
    if (!wiring.dependsOnInput(value) || !wiring.isData(value)) continue
    const part = forest.partOf(value.producer)
    if (part?.kind === 'linear') products.add(part)
    else if (!value.producer || (part && !isNorm(part) && part.kind !== 'other') || pending.size > mostChanges)
      return undefined
    else for (const input of part?.inputs ?? value.producer.inputs) if (input) pending.add(input)
  }
  const [part, ...others] = products
  return part && others.length === 0 ? { ...origin, part, isChanged: true } : undefined
}

/** What the projections are given, before its layout is changed; what a learned query is made of is no input. */
function tokensOf({ wiring }: Forest, sources: readonly Origin[]): Value[] {
  return [...new Set(sources.map(({ value }) => value))].filter((value) => wiring.dependsOnInput(value))
}

/** Whether tokens are put into windows (Liu et al., 2021): rows and columns of windows and within them make six axes. */
const makesWindows = ({ path }: Origin): boolean =>
  path.some((node) => node.op === 'Transpose' && node.ints('perm', []).length >= 6)

/** The value in the layout that it is needed in. */
function arranged(wiring: Wiring, from: Value): Value {
  const [node, ...others] = wiring.dataConsumers(from)
  if (!node || others.length > 0 || wiring.isResult(from) || !arrangements.has(node.op)) return from
  return arranged(wiring, node.output)
}

/** How many heads there are and how wide they are: where shapes tell only one, the width of the model tells the other. */
function sizesOf(product: Draft, projection: Draft | undefined, [query, , value]: readonly Origin[]) {
  const heads = Number(product.details.heads ?? 0)
  const headDim = Number(product.details.headDim ?? 0)
  if (heads && headDim) return { heads, headDim }
  const separate = query?.part && query.part !== value?.part ? query.part.details.outFeatures : undefined
  const dim = Number(projection?.details.inFeatures ?? separate ?? 0)
  const sizes = { heads: heads || dim / headDim, headDim: headDim || dim / heads }
  return dim && Number.isInteger(sizes.heads) && Number.isInteger(sizes.headDim) ? sizes : undefined
}

function nameProjections(origins: readonly Origin[], projection: Draft | undefined) {
  const parts = origins.map(({ part }) => part)
  const names = ['q', 'k', 'v']
  for (const [i, part] of parts.entries()) {
    const shared = names.filter((_, j) => parts[j] === part).join('')
    if (part) part.role = shared
    const norm = origins[i]!.passed[0]
    if (norm) norm.role = `${names[i]}_norm`
  }
  if (projection) projection.role = 'proj'
}
