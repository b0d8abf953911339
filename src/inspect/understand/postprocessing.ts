import type { Node, Value } from '../../onnx/index.js'
import { withoutFactor } from '../patterns/index.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isActivation, isNorm } from './kinds.js'
import { poolingAt } from './pooling.js'
import { traceBack, traceForward } from './trace.js'

/** Names what is made of the tokens: the last norm, pooling, and heads. */
export function findHead(forest: Forest, nodes: ReadonlySet<Node>): void {
  const order = [...nodes].sort((a, b) => forest.wiring.position(a) - forest.wiring.position(b))
  for (const node of order) if (!forest.partOf(node)) findPooling(forest, node)
  const parts = new Set(order.flatMap((node) => forest.partOf(node) ?? []))
  let isPooled = false
  for (const part of parts) {
    if (part.kind === 'pooling') isPooled = true
    if (isNorm(part)) part.role = isPooled ? 'fc_norm' : 'norm'
  }
  const inChain = new Set<Draft>()
  for (const part of parts) if (part.kind === 'linear' && !inChain.has(part)) headFrom(forest, part, inChain)
  for (const node of order) if (!forest.partOf(node)) meanAt(forest, node)
}

function findPooling(forest: Forest, node: Node) {
  const pooled = poolingAt(forest.wiring, node)
  if (!pooled || pooled.nodes.some((inner) => forest.partOf(inner))) return
  const { form, token, nodes, tokens } = pooled
  const details = { form, ...(token === undefined ? {} : { token }) }
  const draft = forest.wrap(nodes, { kind: 'pooling', inputs: [tokens], details })
  if (draft) joinPoolings(forest, draft)
}

/** The class token and the mean of the patches, one after the other, as DINOv2's classifier has them. */
function joinPoolings(forest: Forest, draft: Draft) {
  const { wiring } = forest
  const [concat] = wiring.dataConsumers(outputOf(wiring, draft))
  if (concat?.op !== 'Concat' || concat.inputs.length !== 2) return
  const both = concat.inputs.map((input) => input && forest.partOf(input.producer))
  if (both[0]?.kind !== 'pooling' || both[1]?.kind !== 'pooling') return
  const form = both.map((part) => part!.details.form).join('+')
  const nodes = new Set([...both.flatMap((part) => [...part!.nodes]), concat])
  forest.wrap(nodes, { kind: 'pooling', inputs: both[0].inputs!, details: { form } })
}

/** Products and activations one after the other, up to a result: a head. Without a product at the end, pre-logits. */
function headFrom(forest: Forest, first: Draft, inChain: Set<Draft>) {
  const { wiring } = forest
  const chain = [first]
  for (;;) {
    const next = traceForward(forest, outputOf(wiring, chain.at(-1)!))?.part
    if (!next || (next.kind !== 'linear' && !isActivation(next))) break
    chain.push(next)
  }
  for (const part of chain) inChain.add(part)
  const products = chain.filter(({ kind }) => kind === 'linear')
  for (const [i, part] of products.entries())
    part.role = i === products.length - 1 ? 'fc' : products.length > 2 ? `pre_logits${i + 1}` : 'pre_logits'
  if (isActivation(chain.at(-1))) {
    for (const part of products) part.role = 'pre_logits'
    return
  }
  forest.wrap(new Set(chain.flatMap(({ nodes }) => [...nodes])), {
    kind: 'head',
    role: isOfDistillation(forest, first.inputs![0]!) ? 'head_dist' : 'head',
    inputs: first.inputs!,
    details: { classes: products.at(-1)!.details.outFeatures! },
  })
}

/** Whether a head is given the second token, as the distillation head is. */
function isOfDistillation(forest: Forest, input: Value): boolean {
  const { part } = traceBack(forest, input, (part) => isNorm(part))
  return part?.kind === 'pooling' && part.details.token === 1
}

/** The mean of what two heads say, as a distilled DeiT has it. */
function meanAt(forest: Forest, add: Node) {
  const { wiring } = forest
  const areHeads =
    add.inputs.length === 2 && add.inputs.every((input) => forest.partOf(input?.producer)?.kind === 'head')
  const [half, ...others] = add.op === 'Add' && areHeads ? wiring.dataConsumers(add.output) : []
  const scaled = half && others.length === 0 && /^(Mul|Div)$/.test(half.op) ? withoutFactor(wiring, half) : undefined
  if (scaled?.factor !== 0.5 || scaled.value !== add.output) return
  forest.wrap([add, half!], { kind: 'other', role: 'mean', details: { function: 'mean of two heads' } })
}
