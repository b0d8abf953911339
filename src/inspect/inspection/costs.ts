import { bytesPerElement, elementCount, type Graph, type Node, type Value } from '../../onnx/index.js'
import { views } from '../cost.js'
import { countMacs } from '../macs.js'
import type { Sizes } from './sizes.js'

/** What a node costs. */
export interface NodeCost {
  /** Multiply-accumulate operations of products and convolutions; undefined where sizes are not known. */
  macs: number | undefined
  /** Bytes that its results take: none for views and for the few integers that describe shapes. */
  bytes: number | undefined
  /** Bytes of all results that are needed while it runs: its own, and those that it or a later node reads. */
  liveBytes: number
}

/** The cost of each node, with results freed after their last use, as a runtime does; unknown sizes take no memory. */
export function costsOf(graph: Graph, sizes: Sizes): Map<Node, NodeCost> {
  const lastUsers = lastUsersOf(graph)
  const freedAfter = new Map<Node, number>()
  const costs = new Map<Node, NodeCost>()
  let live = 0
  for (const node of graph.nodes) {
    const bytes = orUndefined(() => bytesOf(node, sizes))
    live += bytes ?? 0
    costs.set(node, { macs: orUndefined(() => macsOf(node, sizes)), bytes, liveBytes: live })
    const last = lastUsers.get(node)
    if (last) freedAfter.set(last, (freedAfter.get(last) ?? 0) + (bytes ?? 0))
    live -= freedAfter.get(node) ?? 0
  }
  return costs
}

function orUndefined<T>(count: () => T): T | undefined {
  try {
    return count()
  } catch {
    return undefined
  }
}

function known(value: Value, sizes: Sizes): readonly number[] {
  const size = sizes(value)
  if (!size) throw new Error(`the size of ${value.name} is not known`)
  return size
}

const macsOf = (node: Node, sizes: Sizes) =>
  countMacs(node, (input) => known(input === undefined ? node.output : node.input(input), sizes))

function bytesOf(node: Node, sizes: Sizes): number {
  if (isView(node) || node.constant) return 0
  return node.outputs.reduce((sum, output) => {
    if (!output || (output.isTyped && output.content)) return sum
    return sum + elementCount(known(output, sizes)) * bytesPerElement(output.dtype)
  }, 0)
}

/** The last node that reads each node's results, also through views; none where they are results of the graph. */
function lastUsersOf(graph: Graph): Map<Node, Node> {
  const last = new Map<Node, Node>()
  for (const node of graph.nodes) {
    // What nobody reads is gone at once.
    last.set(node, node)
    for (const input of node.inputs) {
      const owner = input && ownerOf(input)
      if (owner) last.set(owner, node)
    }
  }
  for (const output of graph.outputs) {
    const owner = ownerOf(output)
    if (owner) last.delete(owner)
  }
  return last
}

/** The node in whose memory a value is. */
function ownerOf(value: Value): Node | undefined {
  let owner = value.producer
  while (owner && isView(owner)) owner = owner.inputs[0]?.producer
  return owner
}

const isView = (node: Node) => node.domain === '' && views.has(node.op)
