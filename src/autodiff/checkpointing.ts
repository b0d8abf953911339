import { Node, type Value } from '../onnx/node.js'
import { type Gate, gateAfter } from './gate.js'
import { dependents, propagate, startFrom } from './gradients.js'

/** Nodes between two values that all gradients pass through: in a transformer, attention or MLP and the sum behind it. */
interface Segment {
  nodes: Node[]
  /** None where it is the first. */
  input?: Value
  /** None where it is the last. */
  output?: Value
}

/**
 * The gradients that `gradients` gives, in less memory: of what `model` computes only the inputs of its segments are
 * kept, and when the backward pass arrives at a segment, its nodes are there once more, to compute the rest again
 * (Chen et al., "Training Deep Nets with Sublinear Memory Cost", 2016, https://arxiv.org/abs/1604.06174). The last
 * segment's values are still at hand, and are not computed again.
 * @param model nodes of the graph in a row; `scalar` may depend on them by others that follow
 * @throws GraphError as `gradients` does
 */
export function checkpointedGradients(
  scalar: Value,
  wanted: readonly Value[],
  model: readonly Node[],
): (Value | undefined)[] {
  const { nodes } = scalar.graph
  const onPath = dependents(nodes, wanted)
  const segments = segmentsOf(model, nodes, onPath)
  const isLarge = (segment: Segment) => segment.input && countOnPath(segment, onPath) > 1
  const last = Math.max(segments.findLastIndex(isLarge), 0)
  const collected = startFrom(scalar)
  propagate(nodes.slice(nodes.indexOf(segments[last]!.nodes[0]!)), collected, onPath)

  const done = new Set<Value>()
  for (const segment of segments.slice(0, last).toReversed()) {
    const gradient = collected.get(segment.output!)
    if (!gradient) break
    if (!isLarge(segment)) propagate(segment.nodes, collected, onPath)
    else {
      // Not before all gradients of the segment behind: its values are needed until then.
      const fresh = wanted.flatMap((value) => collected.get(value) ?? []).filter((value) => !done.has(value))
      for (const value of fresh) done.add(value)
      const start = nodes.length
      const again = repeat(segment, gateAfter([gradient, ...fresh]))
      const repeated = nodes.slice(start)
      collected.set(again.get(segment.output!)!, gradient)
      propagate(repeated, collected, dependents(repeated, onPath))
    }
  }
  return wanted.map((value) => collected.get(value))
}

/** Cuts the model behind every node after which only one value, the node's own, leads on to gradients. */
function segmentsOf(model: readonly Node[], all: readonly Node[], onPath: ReadonlySet<Value>): Segment[] {
  const lastUse = new Map<Value, Node>()
  for (const node of all) for (const input of node.inputs) if (input) lastUse.set(input, node)
  const segments: Segment[] = [{ nodes: [] }]
  const open = new Set<Value>()
  for (const node of model) {
    const segment = segments.at(-1)!
    segment.nodes.push(node)
    for (const output of node.outputs) if (output && onPath.has(output) && lastUse.has(output)) open.add(output)
    for (const input of node.inputs) if (input && lastUse.get(input) === node) open.delete(input)
    const [only] = open
    if (open.size !== 1 || only!.producer !== node) continue
    segment.output = only!
    segments.push({ nodes: [], input: only! })
  }
  return segments
}

const countOnPath = ({ nodes }: Segment, onPath: ReadonlySet<Value>) =>
  nodes.filter(({ outputs }) => outputs.some((output) => output && onPath.has(output))).length

/** Emits a segment's nodes once more, all but what is constant, with whatever enters it behind a gate. */
function repeat({ nodes, input }: Segment, gate: Gate): Map<Value, Value> {
  const again = new Map([[input!, gate(input!)]])
  const inside = new Set(nodes)
  const isRepeated = (value: Value | undefined) => value !== undefined && again.has(value)
  for (const node of nodes) {
    // What does not come from the segment's input, as random masks do not, begins behind the gate as well.
    if (!node.inputs.some(isRepeated))
      for (const value of node.inputs)
        if (value && !value.data && !inside.has(value.producer!)) again.set(value, gate(value))
    if (node.inputs.some(isRepeated)) appendAgain(node, again)
  }
  return again
}

function appendAgain({ graph, op, name, inputs, attributes, domain, outputs }: Node, again: Map<Value, Value>): void {
  const renamed = (text: string) => `/again${text.startsWith('/') ? '' : '/'}${text}`
  const copy = new Node(
    graph,
    op,
    renamed(name),
    inputs.map((input) => input && (again.get(input) ?? input)),
    attributes,
    domain,
  )
  const names = outputs.map((output) => (output ? renamed(output.name) : ''))
  const types = outputs.map((output) => (output?.isTyped ? { dtype: output.dtype, shape: output.shape } : undefined))
  for (const [i, value] of graph.append(copy, names, types).entries()) if (value) again.set(outputs[i]!, value)
}
