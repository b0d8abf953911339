import type { Value } from '../../onnx/index.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { type Origin, regionBetween, traceBack, traceForward } from './trace.js'

const isNorm = ({ kind }: Draft) => kind === 'layerNorm' || kind === 'rmsNorm'

/** Puts the projections around scaled dot products: from what queries, keys and values are made of to the last product. */
export function findAttention(forest: Forest): Draft[] {
  const products = forest.parts().filter(({ kind }) => kind === 'scaledDotProduct')
  return products.flatMap((product) => attentionAround(forest, product) ?? [])
}

function attentionAround(forest: Forest, product: Draft): Draft | undefined {
  const { wiring } = forest
  const [query, key, value] = product.inputs!.slice(0, 3).map((input) => traceBack(forest, input, isNorm))
  const origins = [query!, key!, value!]
  if (origins.some(({ part, value }) => part?.kind !== 'linear' && !wiring.isConstant(value))) return undefined
  const projections = new Set(origins.flatMap(({ part }) => part ?? []))
  const after = traceForward(forest, outputOf(wiring, product))
  const projection = after?.part?.kind === 'linear' ? after.part : undefined
  const inputs = sourcesOf(forest, projections)
  const output = outputOf(wiring, projection ?? product)
  const heads = headsOf(product, projection, origins)
  if (!inputs.length || heads === undefined) return undefined
  const draft = forest.wrap(regionBetween(wiring, inputs, [output]), {
    kind: 'attention',
    inputs,
    details: {
      dim: Number(projection?.details.outFeatures ?? heads * Number(product.details.headDim)),
      heads,
      headDim: product.details.headDim!,
      scale: Number(product.details.scale) * query!.scale * key!.scale,
      qkv:
        projections.size === 1 && query!.part
          ? 'one product'
          : projections.size === 3
            ? 'three products'
            : 'two products',
      form: String(product.details.form),
    },
  })
  if (!draft) return undefined
  nameProjections(origins, projection)
  return draft
}

/** What the projections are given, before its layout is changed. */
function sourcesOf(forest: Forest, projections: ReadonlySet<Draft>): Value[] {
  return [...new Set([...projections].map((part) => traceBack(forest, part.inputs![0]!).value))]
}

/** Where heads are folded into the batch, the width of the model over that of a head tells how many there are. */
function headsOf(
  product: Draft,
  projection: Draft | undefined,
  [query, , value]: readonly Origin[],
): number | undefined {
  const { heads, headDim } = product.details
  if (typeof heads === 'number') return heads
  const separate = query?.part && query.part !== value?.part ? query.part.details.outFeatures : undefined
  const dim = projection?.details.inFeatures ?? separate
  return dim === undefined ? undefined : Number(dim) / Number(headDim)
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
