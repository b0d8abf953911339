import type { Node, Value } from '../../onnx/index.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isActivation } from './kinds.js'
import { regionBetween, traceBack, traceForward } from './trace.js'

/**
 * SwiGLU (Shazeer, 2020): half of the hidden features, through SiLU, gate the other half; both halves come of one
 * product, or of two.
 */
export function findSwiGlus(forest: Forest): Draft[] {
  const found = forest.parts().filter(isActivation)
  return found.flatMap((act) => gateAround(forest, act) ?? [])
}

function gateAround(forest: Forest, act: Draft): Draft | undefined {
  const { wiring } = forest
  const [product, ...others] = wiring.dataConsumers(outputOf(wiring, act))
  if (product?.op !== 'Mul' || others.length > 0 || forest.partOf(product)) return undefined
  const gated = product.inputs.find((input) => input && forest.partOf(input.producer) !== act)
  const gates = traceBack(forest, act.inputs![0]!).part
  const values = gated && traceBack(forest, gated).part
  const last = productAfter(forest, product)
  if (gates?.kind !== 'linear' || values?.kind !== 'linear' || !last) return undefined
  const sources = new Set([gates, values].map((part) => traceBack(forest, part.inputs![0]!).value))
  const [input, ...more] = sources
  if (!input || more.length > 0 || last.details.outFeatures !== gates.details.inFeatures) return undefined
  return wrap(forest, input, { act, gates, values, last, isPacked: gates === values })
}

function wrap(
  forest: Forest,
  input: Value,
  { act, gates, values, last, isPacked }: Record<'act' | 'gates' | 'values' | 'last', Draft> & { isPacked: boolean },
): Draft | undefined {
  const draft = forest.wrap(regionBetween(forest.wiring, [input], [outputOf(forest.wiring, last)]), {
    kind: 'swiGlu',
    inputs: [input],
    details: {
      dim: last.details.outFeatures!,
      // Of both halves together.
      hidden: 2 * Number(last.details.inFeatures),
      activation: act.kind === 'activation' ? act.details.function! : act.kind,
      form: isPacked ? 'one product' : 'two products',
    },
  })
  if (!draft) return undefined
  gates.role = isPacked ? 'fc1' : 'fc1_g'
  values.role = isPacked ? 'fc1' : 'fc1_x'
  last.role = 'fc2'
  return draft
}

/** The product that follows, perhaps through a norm, as in EVA-02. */
function productAfter(forest: Forest, node: Node): Draft | undefined {
  const next = traceForward(forest, node.output)?.part
  return next?.kind === 'linear' ? next : undefined
}
