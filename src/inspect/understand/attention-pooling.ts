import { branchAround } from './branches.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isNorm } from './kinds.js'
import { selectionAfter } from './pooling.js'
import { regionBetween, traceBack } from './trace.js'

/**
 * Attention pooling ("MAP"; Lee et al., 2019): a learned query attends to all tokens, an MLP may follow, and the one
 * token that this gives is taken.
 */
export function findAttentionPooling(forest: Forest, attentions: readonly Draft[], mlps: readonly Draft[]): void {
  for (const attention of attentions) if (isPooling(forest, attention)) poolingAround(forest, attention, mlps)
}

function isPooling(forest: Forest, attention: Draft): boolean {
  const product = attention.parts.find(({ kind }) => kind === 'scaledDotProduct')
  const query = product?.inputs?.[0]
  return query !== undefined && !forest.wiring.dependsOnInput(query)
}

function poolingAround(forest: Forest, attention: Draft, mlps: readonly Draft[]) {
  const { wiring } = forest
  const pooled = outputOf(wiring, attention)
  const branch = mlps
    .filter((mlp) => follows(forest, mlp, attention))
    .flatMap((mlp) => branchAround(forest, mlp) ?? [])
    .find(({ input }) => traceBack(forest, input).part === attention)
  if (branch?.norm) branch.norm.role = 'norm'
  const selection = selectionAfter(wiring, branch?.output ?? pooled)
  forest.wrap([...regionBetween(wiring, attention.inputs!, [selection]), ...attention.nodes], {
    kind: 'pooling',
    inputs: attention.inputs!,
    details: { form: 'map' },
  })
}

/** Whether an MLP is given, perhaps through a norm, what an attention computes. */
function follows(forest: Forest, mlp: Draft, attention: Draft): boolean {
  const given = traceBack(forest, mlp.inputs![0]!, isNorm)
  return given.part === attention
}
