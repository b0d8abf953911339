import type { Value } from '../../onnx/index.js'
import { type Branch, branchAround } from './branches.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isSkipNorm } from './kinds.js'
import { rearrangedFrom, regionBetween } from './trace.js'

/** An encoder layer and the values that its nodes are between. */
export interface Layer {
  draft: Draft
  inputs: readonly Value[]
  outputs: readonly Value[]
}

/** Pairs of an attention and an MLP with residual sums around them (Vaswani et al., 2017), in the order of computation. */
export function findEncoderLayers(forest: Forest, attentions: readonly Draft[], mlps: readonly Draft[]): Layer[] {
  const branches = mlps.flatMap((mlp) => branchAround(forest, mlp) ?? [])
  const following = new Map(branches.map((branch) => [rearrangedFrom(branch.input), branch]))
  const order = attentions.toSorted((a, b) => position(forest, a) - position(forest, b))
  return order.flatMap((attention) => {
    const first = branchAround(forest, attention)
    const second = first && following.get(first.output)
    return first && second?.position === first.position ? (layerOf(forest, first, second) ?? []) : []
  })
}

const position = (forest: Forest, draft: Draft) => forest.wiring.position(outputOf(forest.wiring, draft).producer)

function layerOf(forest: Forest, first: Branch, second: Branch): Layer | undefined {
  const { dim, heads } = first.body.details
  const isPre = first.position === 'pre'
  // Of a sum and a norm in one node, the norm counts: the node is in the layer that this belongs to.
  const inputs =
    isPre && isSkipNorm(first.norm) ? first.norm!.inputs!.filter((value) => forest.wiring.isData(value)) : [first.input]
  const outputs = isPre && isSkipNorm(second.sum) ? [second.addend] : [second.output]
  const draft = forest.wrap(regionBetween(forest.wiring, inputs, outputs), {
    kind: 'encoderLayer',
    inputs,
    details: { norm: first.position, dim: dim!, heads: heads!, hidden: second.body.details.hidden! },
  })
  if (!draft) return undefined
  for (const [i, { norm, scale, sum, input, addend }] of [first, second].entries()) {
    if (norm) norm.role = `norm${i + 1}`
    if (scale) scale.role = `ls${i + 1}`
    if (isSkipNorm(sum))
      forest.addEmpty(draft, { kind: 'residual', role: `residual${i + 1}`, inputs: [input, addend] }, addend.producer)
    else sum.role = `residual${i + 1}`
  }
  return { draft, inputs, outputs }
}
