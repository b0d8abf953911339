import { type Draft, type Forest, outputOf } from './forest.js'
import { isActivation } from './kinds.js'
import { regionBetween, traceBack, traceForward } from './trace.js'

/** Linear, activation, Linear: back to as many features as there were. */
export function findMlps(forest: Forest): Draft[] {
  const found = forest.parts().filter(isActivation)
  return found.flatMap((act) => mlpAround(forest, act) ?? [])
}

function mlpAround(forest: Forest, act: Draft): Draft | undefined {
  const { wiring } = forest
  const first = traceBack(forest, act.inputs![0]!).part
  const second = traceForward(forest, outputOf(wiring, act))?.part
  if (first?.kind !== 'linear' || second?.kind !== 'linear') return undefined
  if (first.details.inFeatures !== second.details.outFeatures) return undefined
  const input = traceBack(forest, first.inputs![0]!).value
  const draft = forest.wrap(regionBetween(wiring, [input], [outputOf(wiring, second)]), {
    kind: 'mlp',
    inputs: [input],
    details: {
      dim: first.details.inFeatures!,
      hidden: first.details.outFeatures!,
      activation: String(act.details.approximate ? 'gelu' : act.details.function),
    },
  })
  if (!draft) return undefined
  // A node such as BiasGelu holds the bias of the product before it.
  if (act.weights.bias && !first.weights.bias) {
    first.weights.bias = act.weights.bias
    delete act.weights.bias
  }
  first.role = 'fc1'
  second.role = 'fc2'
  return draft
}
