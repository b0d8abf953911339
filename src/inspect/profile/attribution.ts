import type { Graph, Node, Value } from '../../onnx/index.js'
import type { KernelTime } from './kernel-times.js'

/** Tells the node of a model that a kernel of the runtime came from, where that can be told. */
export type Attribution = (kernel: Pick<KernelTime, 'name' | 'op'>) => Node | undefined

/** How many nodes that the runtime put in are stepped over to find one that it was put in for. */
const farthest = 4

/**
 * Finds the nodes that kernels came from. Most keep their name. A fused one computes the value of the last node it stands
 * for, which `optimized`, the graph as the runtime runs it, tells; or it is named after one of them.
 */
export function attributionTo(graph: Graph, optimized?: Graph): Attribution {
  const byName = new Map(graph.nodes.flatMap((node) => namesOf(node).map((name) => [name, node] as const)))
  for (const [name, node] of namelessNodes(graph)) byName.set(name, node)
  const byValue = producersOf(graph)
  const runtimeNodes = new Map<string, Node | undefined>()
  const users = new Map<Value, Node>()
  for (const node of optimized?.nodes ?? []) {
    const name = node.name || node.op
    // Kernels without a name of their own have that of their operator: of several, it tells none.
    runtimeNodes.set(name, runtimeNodes.has(name) ? undefined : node)
    for (const input of node.inputs) if (input) users.set(input, node)
  }

  const origin = (node: Node, steps = 0): Node | undefined => {
    const named = byName.get(node.name)
    if (named) return named
    const values = node.outputs.filter((output) => output !== undefined)
    for (const value of values) {
      const producer = byValue.get(value.name)
      if (producer) return producer
    }
    const user = values.map((value) => users.get(value)).find((found) => found)
    return byPrefix(node.name) ?? (user && steps < farthest ? origin(user, steps + 1) : undefined)
  }
  const byPrefix = (name: string): Node | undefined => {
    for (let end = name.length - 1; end > 0; end--) {
      if (name[end] !== '/' && name[end] !== '_') continue
      const prefix = name.slice(0, end)
      const node = byName.get(prefix) ?? byValue.get(prefix)
      if (node) return node
    }
    return undefined
  }
  return ({ name }) => {
    const runtimeNode = runtimeNodes.get(name)
    return byName.get(name) ?? (runtimeNode && origin(runtimeNode)) ?? byPrefix(name)
  }
}

const namesOf = ({ name }: Node) => (name ? [name] : [])

/** The names that the runtime gives nodes without one: operator and place in the file, constants not counted. */
function namelessNodes(graph: Graph): [string, Node][] {
  const counted = graph.nodes.filter((node) => !node.constant)
  return counted.flatMap((node, i) => (node.name ? [] : [[`${node.op}_${i}`, node]]))
}

function producersOf(graph: Graph): Map<string, Node> {
  const producers = new Map<string, Node>()
  for (const node of graph.nodes) for (const output of node.outputs) if (output) producers.set(output.name, node)
  return producers
}
