import type { Graph } from './graph.js'
import type { Node, Value } from './node.js'

/** Operators that may write element i of their output over element i of an input. */
const elementwise = new Set(['Add', 'Sub', 'Mul', 'Div'])

/** Operators whose output may be the memory of their input under another shape. */
const views = new Set(['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten', 'Identity'])

/**
 * Tells whether an output of the graph may be computed into the memory of one of its inputs: everything else that reads
 * the input has to be done by then, in whatever order a runtime works. That holds where all other readers lead to the
 * output, and the last one goes element by element.
 */
export function overwritable(graph: Graph): (input: Value, output: Value) => boolean {
  const readers = new Map<Value, Node[]>()
  for (const node of graph.nodes)
    for (const input of new Set(node.inputs)) if (input) readers.set(input, [...(readers.get(input) ?? []), node])
  const allReaders = (value: Value): Node[] =>
    (readers.get(value) ?? []).flatMap((node) => (views.has(node.op) ? [node, ...allReaders(node.output)] : [node]))

  return (input, output) => {
    const last = output.producer
    if (!last || !sameSize(input, output)) return false
    const others = new Set(allReaders(input))
    if (last.inputs.includes(input) && elementwise.has(last.op)) others.delete(last)
    return leadTo(last, others)
  }
}

const sameSize = (a: Value, b: Value) => a.dtype === b.dtype && a.shape.join() === b.shape.join()

/** Whether a node needs the results of all the given ones. */
function leadTo(last: Node, others: Set<Node>): boolean {
  const seen = new Set<Node>()
  const pending = [last]
  // Breadth first: most readers stand close by.
  for (const node of pending) {
    if (others.size === 0) return true
    for (const { producer } of node.inputs.filter((input) => input !== undefined)) {
      if (!producer || seen.has(producer)) continue
      seen.add(producer)
      others.delete(producer)
      pending.push(producer)
    }
  }
  return others.size === 0
}
