import { bindDim } from './dim.js'
import { Graph } from './graph.js'
import { type DeclaredType, Node, type Value } from './node.js'

/** What `copyNodes` may replace while it copies. */
interface CopyOptions {
  /** Values of the source that stand for values of the target already. */
  mapping: Map<Value, Value>
  /** Put before every name, to keep two graphs in one apart. */
  prefix?: string
  /** Numbers for symbols in the types that are known of values without shape inference. */
  bindings?: Readonly<Record<string, number>>
}

/** The nodes that the given values need, in order of computation. */
export function neededNodes(graph: Graph, targets: readonly Value[]): Node[] {
  const needed = new Set<Node>()
  const pending = targets.flatMap((value) => value.producer ?? [])
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (needed.has(node)) continue
    needed.add(node)
    for (const input of node.inputs) if (input?.producer) pending.push(input.producer)
  }
  return graph.nodes.filter((node) => needed.has(node))
}

/** Takes away the nodes that none of the given values needs. */
export function dropUnneeded(graph: Graph, targets: readonly Value[]): void {
  const needed = neededNodes(graph, targets)
  for (const [i, node] of needed.entries()) graph.nodes[i] = node
  graph.nodes.length = needed.length
}

/**
 * Copies into `target` what the values `wanted` of another graph need, and returns their copies. Shapes are inferred
 * anew; values that became known numbers on the way, as sizes do once `batch` is bound, turn into constants.
 */
export function copyNodes(
  source: Graph,
  wanted: readonly Value[],
  target: Graph,
  { mapping, prefix = '', bindings = {} }: CopyOptions,
): Value[] {
  for (const [domain, version] of source.domains) target.domains.set(domain, version)
  const copy = (value: Value): Value => {
    let result = mapping.get(value)
    if (!result) {
      if (!value.isConstant) throw new Error(`input ${value.name} of the copied graph was not given`)
      result = target.initializerLike(value, prefix + value.name)
      mapping.set(value, result)
    }
    return result
  }
  for (const node of neededNodes(source, wanted)) {
    const inputs = node.inputs.map((input) => input && copy(input))
    const draft = new Node(target, node.op, prefix + node.name, inputs, node.attributes, node.domain)
    const names = node.outputs.map((output) => (output ? prefix + output.name : ''))
    const known = wanted.includes(node.output) ? undefined : target.fold(draft)
    if (known) mapping.set(node.output, target.initializer(names[0]!, known.dtype, known.shape, known.data))
    else {
      const declared = node.outputs.map((output) => bindType(output?.declared, bindings))
      for (const [i, output] of target.append(draft, names, declared).entries())
        if (output) mapping.set(node.outputs[i]!, output)
    }
  }
  return wanted.map(copy)
}

function bindType(type: DeclaredType | undefined, bindings: Readonly<Record<string, number>>) {
  if (!type || '$typeName' in type) return type
  return { ...type, shape: type.shape.map((dim) => bindDim(dim, bindings)) }
}

export interface BindOptions {
  /** Which initializers become inputs of the same name, as parameters do that a training step changes. */
  promote?: (initializer: Value) => boolean
}

/**
 * A copy of the graph with symbols of its shapes replaced by numbers, `bindDimensions(graph, { batch: 16 })`, and
 * without the nodes that no output needs. Fixed shapes let the runtime plan its memory. Initializers are shared.
 */
export function bindDimensions(
  graph: Graph,
  bindings: Readonly<Record<string, number>>,
  { promote }: BindOptions = {},
): Graph {
  const bound = new Graph(graph.options)
  for (const [key, value] of graph.metadata) bound.metadata.set(key, value)
  const mapping = new Map<Value, Value>()
  for (const input of graph.inputs) {
    const shape = input.type?.shape.map((dim) => bindDim(dim, bindings))
    mapping.set(input, bound.inputLike(input, shape))
  }
  for (const value of graph.initializers.values())
    if (promote?.(value)) mapping.set(value, bound.input(value.name, value.dtype, value.shape))
  const outputs = copyNodes(graph, graph.outputs, bound, { mapping, bindings })
  for (const [i, output] of outputs.entries()) bound.output(graph.outputs[i]!.name, output)
  return bound
}
