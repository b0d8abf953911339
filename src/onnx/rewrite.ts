import { Graph } from './graph.js'
import { Node, type Value } from './node.js'

/** What to compute in place of a node. */
export interface Replacement {
  /** The values it is computed from: of the graph that is rewritten, and before the node. */
  inputs: readonly Value[]
  /** Emits into the new graph what stands for the node's outputs, given the inputs' copies. */
  emit: (inputs: readonly Value[], graph: Graph) => readonly (Value | undefined)[]
}

/** Says what is to be computed in place of a node; undefined where it stays as it is. */
export type Rule = (node: Node) => Replacement | undefined

/** Whether the shapes of all values are known: behind an operator without shape inference, little can be recognised. */
export const isTyped = (graph: Graph): boolean =>
  graph.nodes.every(({ outputs }) => outputs.every((value) => !value || value.isTyped))

/**
 * A copy of the graph with nodes replaced as a rule says, and without those that nothing needs any more. Shapes are
 * inferred anew; initializers are shared. With another `opset`, the rule has to replace all nodes that differ in it.
 */
export function rewrite(source: Graph, rule: Rule, opset = source.opset): Graph {
  const target = new Graph({ ...source.options, opset })
  for (const [key, value] of source.metadata) target.metadata.set(key, value)
  for (const [domain, version] of source.domains) target.domains.set(domain, version)
  target.avoided = namesIn(source)
  const copies = new Map<Value, Value>()
  const copy = (value: Value) => copies.get(value)!
  for (const input of source.inputs) copies.set(input, target.inputLike(input))

  const plan = planOf(source, rule)
  const nodes = source.nodes.filter((node) => plan.has(node))
  // Initializers first, so that they keep their names where replacements bring constants of their own.
  for (const value of [...source.outputs, ...nodes.flatMap((node) => plan.get(node)?.inputs ?? node.inputs)]) {
    if (value?.isConstant && !value.producer) copies.set(value, target.initializerLike(value))
  }
  for (const node of nodes) {
    const replacement = plan.get(node)
    const outputs = replacement
      ? target.scope(scopeOf(node), () => replacement.emit(replacement.inputs.map(copy), target))
      : appendCopy(target, node, copy)
    for (const [i, output] of node.outputs.entries()) if (output && outputs[i]) copies.set(output, outputs[i])
  }
  for (const output of source.outputs) target.output(output.name, copy(output))
  return target
}

/** So that what is new never takes the name of what is kept. */
function namesIn({ nodes }: Graph): Set<string> {
  const names = new Set(nodes.map(({ name }) => name))
  for (const { outputs } of nodes) for (const output of outputs) if (output) names.add(output.name)
  return names
}

/** Some exporters give no names to nodes. */
const scopeOf = ({ name, op, outputs: [output] }: Node) => (name || output?.name || op).replace(/^\//, '')

/** The nodes that will be needed, each with what to compute in its place. */
function planOf(source: Graph, rule: Rule): Map<Node, Replacement | undefined> {
  const plan = new Map<Node, Replacement | undefined>()
  const pending = source.outputs.flatMap(({ producer }) => producer ?? [])
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (plan.has(node)) continue
    const replacement = rule(node)
    plan.set(node, replacement)
    for (const input of replacement?.inputs ?? node.inputs) if (input?.producer) pending.push(input.producer)
  }
  return plan
}

function appendCopy(target: Graph, node: Node, copy: (value: Value) => Value): readonly (Value | undefined)[] {
  const inputs = node.inputs.map((input) => input && copy(input))
  const declared = node.outputs.map((output) => output?.declared)
  const names = node.outputs.map((output) => output?.name ?? '')
  return target.append(new Node(target, node.op, node.name, inputs, node.attributes, node.domain), names, declared)
}
