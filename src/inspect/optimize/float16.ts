import { elementCount, type Graph, Node, ops, rewrite, type Value } from '../../onnx/index.js'
import { largestFloat16, toFloat16 } from '../../weights/index.js'
import { typesOf } from './pass.js'

/** Smaller ones are not worth a Cast. */
const fewestElements = 4096

/**
 * The graph with its larger float32 weights as float16 and a Cast behind each: the file is half as large, and everything
 * is computed in float32 as before, on weights with 11 significant bits. Weights beyond float16's range stay.
 */
export function storeAsFloat16(graph: Graph): { graph: Graph; notes: string[] } {
  const notes: string[] = []
  const halves = new Map<Value, Uint16Array>()
  for (const value of graph.initializers.values()) {
    if (!isLarge(value)) continue
    const numbers = value.data as Float32Array
    if (numbers.every((x) => Math.abs(x) <= largestFloat16)) halves.set(value, toFloat16(numbers))
    else notes.push(`${value.name} stays float32: it has numbers beyond ${largestFloat16}, the largest of float16`)
  }
  return { graph: withCasts(graph, halves), notes }
}

const isLarge = (value: Value) =>
  value.isTyped &&
  value.dtype === 'float32' &&
  value.numbers !== undefined &&
  elementCount(value.shape as number[]) >= fewestElements

function withCasts(source: Graph, halves: ReadonlyMap<Value, Uint16Array>): Graph {
  const casts = new Map<Value, Value>()
  const castOf = (value: Value, graph: Graph) => {
    const known =
      casts.get(value) ??
      ops.cast(graph.initializer(value.name, 'float16', value.shape as number[], halves.get(value)!), 'float32')
    casts.set(value, known)
    return known
  }
  return rewrite(source, (node) => {
    if (!node.inputs.some((input) => input && halves.has(input))) return undefined
    const others = node.inputs.filter((input) => input !== undefined && !halves.has(input)) as Value[]
    return {
      inputs: others,
      emit(copies, graph) {
        const inputs = node.inputs.map(
          (input) => input && (halves.has(input) ? castOf(input, graph) : copies[others.indexOf(input)]),
        )
        const names = node.outputs.map((output) => output?.name ?? '')
        return graph.append(
          new Node(graph, node.op, node.name, inputs, node.attributes, node.domain),
          names,
          typesOf(node),
        )
      },
    }
  })
}
