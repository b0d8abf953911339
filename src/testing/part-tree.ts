import assert from 'node:assert/strict'
import type { Part } from '../inspect/part.js'
import { Wiring } from '../inspect/patterns/index.js'
import { everyPart } from '../inspect/understand/counts.js'
import type { Graph, Node } from '../onnx/index.js'

/**
 * What holds of the parts of any graph: every node that is no constant is in exactly one innermost part, names are
 * unique, and a part has the nodes of those inside it, in the order of the graph.
 */
export function assertPartTree(graph: Graph, stages: readonly Part[]): void {
  const wiring = new Wiring(graph)
  const innermost = new Map<Node, string[]>()
  const names = new Set<string>()
  for (const part of everyPart(stages)) {
    assert.ok(!names.has(part.name), `two parts are called ${part.name}`)
    names.add(part.name)
    const own = new Set(part.nodes)
    assert.equal(own.size, part.nodes.length, `${part.name} has a node twice`)
    const positions = part.nodes.map((node) => wiring.position(node))
    assert.ok(
      positions.every((position, i) => i === 0 || position > positions[i - 1]!),
      `the nodes of ${part.name} are out of order`,
    )
    for (const inner of part.parts)
      for (const node of inner.nodes) {
        assert.ok(part.nodes.includes(node), `${node.name} is in ${inner.name}, but not in ${part.name}`)
        own.delete(node)
      }
    for (const node of own) innermost.set(node, [...(innermost.get(node) ?? []), part.name])
  }
  for (const node of graph.nodes)
    if (!wiring.isConstantNode(node)) assert.equal(innermost.get(node)?.length, 1, `${node.name} is in one part`)
}
