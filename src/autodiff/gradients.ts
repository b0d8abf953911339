import { formatShape } from '../onnx/dim.js'
import { GraphError } from '../onnx/graph.js'
import type { Node, Value } from '../onnx/node.js'
import { add } from '../onnx/ops/index.js'
import { rules } from './rules.js'

/**
 * Appends the nodes that compute the gradient of a scalar with respect to each of the given values, and returns those
 * gradients, each of its value's shape. Works backwards over any graph (reverse-mode differentiation); only what leads
 * from the scalar to the wanted values is emitted. A value the scalar does not depend on has the gradient undefined.
 * @throws GraphError which names an operator without a rule, and where it stands
 */
export function gradients(scalar: Value, wanted: readonly Value[]): (Value | undefined)[] {
  const { nodes } = scalar.graph
  const collected = startFrom(scalar)
  propagate(nodes, collected, dependents(nodes, wanted))
  return wanted.map((value) => collected.get(value))
}

/** Gradients by value, as they are where nothing has been propagated: that of the scalar itself. */
export function startFrom(scalar: Value): Map<Value, Value> {
  if (scalar.rank > 0 && scalar.shape.some((dim) => dim !== 1))
    throw new GraphError(`gradients start from a scalar, and ${scalar.name} is ${formatShape(scalar.shape)}`)
  return new Map([[scalar, scalar.graph.constant(scalar.dtype, scalar.rank === 0 ? 1 : [1])]])
}

/** Walks backwards over some nodes of a graph, and adds to the gradients in `collected` what they lead to. */
export function propagate(nodes: readonly Node[], collected: Map<Value, Value>, onPath: ReadonlySet<Value>): void {
  for (const node of nodes.toReversed()) {
    if (!node.outputs.some((output) => output && collected.has(output) && onPath.has(output))) continue
    node.graph.scope(`gradient${node.name.startsWith('/') ? '' : '/'}${node.name || node.op}`, () => {
      for (const [input, gradient] of contributions(node, collected, onPath)) {
        const earlier = collected.get(input)
        collected.set(input, earlier ? add(earlier, gradient) : gradient)
      }
    })
  }
}

/** The given values, and all that some nodes compute from them by differentiable operators. */
export function dependents(nodes: readonly Node[], sources: Iterable<Value>): Set<Value> {
  const found = new Set(sources)
  for (const node of nodes)
    if (rules[node.op] !== null && node.inputs.some((input) => input && found.has(input)))
      for (const output of node.outputs) if (output) found.add(output)
  return found
}

/** What one node adds to the gradients of its inputs. */
function* contributions(
  node: Node,
  collected: ReadonlyMap<Value, Value>,
  onPath: ReadonlySet<Value>,
): Generator<[Value, Value]> {
  const rule = node.domain === '' ? rules[node.op] : undefined
  const where = `at ${node.name || `an unnamed ${node.op}`}`
  if (!rule) throw new GraphError(`there is no gradient rule for the operator ${node.op} ${where}`)
  const dys = node.outputs.map((output) => output && collected.get(output))
  try {
    const parts = rule({ node, inputs: node.inputs as readonly Value[], y: node.output, dy: dys[0]!, dys })
    for (const [i, input] of node.inputs.entries()) {
      if (!input || !onPath.has(input)) continue
      const part = parts[i]
      if (!part) throw new Error(`its input ${i} has no gradient`)
      yield [input, part()]
    }
  } catch (error) {
    if (error instanceof GraphError) throw error
    throw new GraphError(`the gradient of ${node.op} ${where} cannot be built: ${(error as Error).message}`)
  }
}
