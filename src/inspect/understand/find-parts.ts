import type { Graph, Node } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import { Wiring } from '../patterns/index.js'
import { findAttention } from './attention.js'
import { findAttentionPooling } from './attention-pooling.js'
import { findEncoderLayers, type Layer } from './encoder-layers.js'
import { type Draft, Forest, freeze, type NewDraft } from './forest.js'
import { findLeaves } from './leaves.js'
import { placeLeftovers, placeSizes } from './leftovers.js'
import { findMlps } from './mlp.js'
import { findHead } from './postprocessing.js'
import { findEmbedding } from './preprocessing.js'
import { findSwiGlus } from './swiglu.js'
import { towersOf } from './towers.js'
import { regionBetween } from './trace.js'

/** The stages of a graph and everything that is recognised in them, as a tree. */
export function findParts(graph: Graph): Part[] {
  const wiring = new Wiring(graph)
  const forest = new Forest(wiring)
  findLeaves(forest)
  const attentions = findAttention(forest)
  const mlps = [...findMlps(forest), ...findSwiGlus(forest)]
  findAttentionPooling(forest, attentions, mlps)
  const layers = findEncoderLayers(forest, attentions, mlps)
  const stages = stagesOf(forest, layers)
  placeSizes(wiring, stages)
  for (const stage of stages) placeLeftovers(wiring, stage)
  return nameParts(forest, stages)
}

function stagesOf(forest: Forest, layers: readonly Layer[]): Draft[] {
  const { wiring } = forest
  const computed = wiring.graph.nodes.filter((node) => !wiring.isConstantNode(node))
  const nodes = computed.filter((node) => !wiring.isSizeNode(node))
  const [main, ...others] = towersOf(forest, layers)
  if (!main) return computed.length ? [forest.wrap(nodes, { kind: 'other', role: 'graph' })!] : []
  for (const tower of [main, ...others]) nameBlocks(forest, tower)
  for (const [i, tower] of others.entries())
    forest.wrap(regionBetween(wiring, tower[0]!.inputs, tower.at(-1)!.outputs), {
      kind: 'encoder',
      role: `encoder${i + 2}`,
    })
  const [first, last] = [main[0]!, main.at(-1)!]
  const encoder = regionBetween(wiring, first.inputs, last.outputs)
  const before = new Set([...regionBetween(wiring, [], last.outputs)].filter((node) => !encoder.has(node)))
  const after = new Set(nodes.filter((node) => !encoder.has(node) && !before.has(node)))
  for (const input of first.inputs) findEmbedding(forest, input)
  findHead(forest, after)
  keepTogether(forest, [before, encoder, after])
  const stages: [Set<Node>, NewDraft][] = [
    [before, { kind: 'preprocessing' }],
    [encoder, { kind: 'encoder' }],
    [after, { kind: 'postprocessing' }],
  ]
  return stages.flatMap(([stage, draft]) => (stage.size ? forest.wrap(stage, draft)! : []))
}

/** Numbers encoder layers by their place among all blocks: what stands between two of them may be a block as well. */
function nameBlocks(forest: Forest, tower: readonly Layer[]) {
  let index = 0
  for (const [i, layer] of tower.entries()) {
    if (i > 0 && hasBlockBetween(forest, tower[i - 1]!, layer)) index++
    layer.draft.role = `blocks.${index++}`
  }
}

/** Whether something between two layers is normalised, or added to what went in. */
const hasBlockBetween = (forest: Forest, before: Layer, behind: Layer): boolean =>
  [...regionBetween(forest.wiring, before.outputs, behind.inputs)].some((node) => {
    const part = forest.partOf(node)
    return part ? blockKinds.has(part.kind) : node.op === 'Add'
  })

const blockKinds: ReadonlySet<PartKind> = new Set(['layerNorm', 'rmsNorm', 'attention', 'mlp', 'swiGlu'])

/** Puts parts that reach into several stages into the one that they end in. */
function keepTogether(forest: Forest, stages: readonly Set<Node>[]) {
  for (const part of forest.parts()) {
    const nodes = [...part.nodes].filter((node) => !forest.wiring.isConstantNode(node))
    const touched = stages.filter((stage) => nodes.some((node) => stage.has(node)))
    if (touched.length < 2) continue
    for (const stage of touched) for (const node of nodes) if (stage !== touched.at(-1)) stage.delete(node)
    for (const node of nodes) touched.at(-1)!.add(node)
  }
}

/** The stages with unique names for all inside: parts of a stage are named without it, as in timm. */
function nameParts({ wiring }: Forest, stages: readonly Draft[]): Part[] {
  const taken = new Set<string>()
  // Where to go on counting: a graph may have a hundred thousand parts of one name.
  const counts = new Map<string, number>()
  const uniqueName = (name: string) => {
    let unique = name
    let count = counts.get(name) ?? 1
    while (taken.has(unique)) unique = `${name}_${++count}`
    counts.set(name, count)
    taken.add(unique)
    return unique
  }
  return stages.map((stage) => ({ ...freeze(wiring, stage, '', uniqueName), name: uniqueName(stage.role) }))
}
