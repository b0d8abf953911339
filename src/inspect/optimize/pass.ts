import { type Attributes, type Graph, Node, type Replacement, type Value } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'

/** A rewrite of a whole graph. The graph it is given stays as it is. */
export interface Pass {
  /** What it does, in a few words. */
  name: string
  /** The graph rewritten. It computes the same up to rounding; what the pass does not know is left as it is. */
  apply: (graph: Graph, runtime: Runtime) => Graph | Promise<Graph>
}

/** The value given in place of what a node computes. */
export const replaceBy = (value: Value): Replacement => ({ inputs: [value], emit: ([copy]) => [copy] })

/** The node with other inputs or attributes; it keeps its name and those of its outputs. */
export function changed(
  node: Node,
  inputs: readonly (Value | undefined)[],
  attributes: Attributes = node.attributes,
): Replacement {
  const given = inputs.filter((input) => input !== undefined)
  return {
    inputs: given,
    emit(copies, graph) {
      const copyOf = new Map(given.map((input, i) => [input, copies[i]!]))
      const operands = inputs.map((input) => input && copyOf.get(input))
      const names = node.outputs.map((output) => output?.name ?? '')
      return graph.append(new Node(graph, node.op, node.name, operands, attributes, node.domain), names, typesOf(node))
    },
  }
}

/** The types of a node's outputs, as far as they are known. */
export const typesOf = (node: Node) =>
  node.outputs.map((output) => (output?.isTyped ? { dtype: output.dtype, shape: output.shape } : undefined))

/** How many nodes use each value; being an output of the graph counts too. */
export function useCounts(graph: Graph): Map<Value, number> {
  const counts = new Map<Value, number>()
  const add = (value: Value | undefined) => value && counts.set(value, (counts.get(value) ?? 0) + 1)
  for (const node of graph.nodes) for (const input of node.inputs) add(input)
  for (const output of graph.outputs) add(output)
  return counts
}

/** Whether the node is an operator of the default domain with one of these names. */
export const isOp = (node: Node | undefined, ...ops: readonly string[]): node is Node & { domain: '' } =>
  node !== undefined && node.domain === '' && ops.includes(node.op)
