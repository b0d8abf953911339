import type { Node } from '../../onnx/index.js'
import { type Entry, isKnownDomain, type Match, nodesBetween, patterns } from '../patterns/index.js'
import type { Forest } from './forest.js'

/** Which patterns a node with this operator may end. */
const byOp = new Map<string, Entry[]>()
for (const entry of patterns) for (const op of entry.ops) byOp.set(op, [...(byOp.get(op) ?? []), entry])

/** Finds every operation that is recognised by itself. From the end on, so that the longest form of one is met first. */
export function findLeaves(forest: Forest): void {
  const { wiring } = forest
  for (const node of wiring.graph.nodes.toReversed()) {
    if (wiring.isConstantNode(node) || wiring.isSizeNode(node) || forest.partOf(node)) continue
    if (!isKnownDomain(node) || !node.outputs[0]) continue
    for (const { pattern } of byOp.get(node.op) ?? []) {
      const match = pattern(node, wiring)
      if (match && claim(forest, match, node)) break
    }
  }
}

function claim(forest: Forest, { inputs, ...match }: Match, last: Node): boolean {
  const nodes = nodesBetween(forest.wiring, inputs, last)
  if (!nodes || [...nodes].some((node) => forest.partOf(node))) return false
  forest.wrap(nodes, { ...match, inputs })
  return true
}
