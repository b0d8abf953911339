import {
  bindDim,
  elementCount,
  encodeInMemory,
  Graph,
  isStatic,
  Node,
  symbolsIn,
  type Value,
} from '../../../onnx/index.js'
import type { Runtime } from '../../../runtime/session.js'

/** Where the elements of a value come from: element i is `factor` times element `source[i]` of another value. */
export interface ElementOrder {
  source: Int32Array
  factor: number
}

/** float32 counts no further. */
const largestCount = 2 ** 24

/** What symbols are bound to, other than equal numbers of samples and anything else would show. */
const sampleSize = 2

/**
 * Finds out which element of `from` each element of `to` is, whatever Reshape, Transpose, Split, Gather or Slice lead
 * there, by having the runtime move counted elements. Undefined where more is done than moving elements, and multiplying
 * all of them by a number.
 */
export async function elementOrder(from: Value, to: Value, runtime: Runtime): Promise<ElementOrder | undefined> {
  const graph = cut(from, to)
  const shape = graph?.inputs[0]?.shape
  if (!graph || !shape || !isStatic(shape) || elementCount(shape) > largestCount) return undefined
  const count = elementCount(shape)
  const session = await runtime.createSession(encodeInMemory(graph).model)
  const run = async (data: Float32Array) =>
    (await session.run({ from: { dtype: 'float32', shape, data } })).to!.data as Float32Array
  try {
    const [factor] = await run(new Float32Array(count).fill(1))
    const moved = await run(Float32Array.from({ length: count }, (_, i) => i))
    return factor ? { source: Int32Array.from(moved, (value) => Math.round(value / factor)), factor } : undefined
  } finally {
    await session.close()
  }
}

/** Operators that move elements, and those that multiply them. */
const allowed: ReadonlySet<string> = new Set(
  'Reshape Transpose Split Gather Slice Squeeze Unsqueeze Flatten Identity Mul Div'.split(' '),
)

/** The nodes between as a graph of their own. */
function cut(from: Value, to: Value): Graph | undefined {
  const nodes = nodesBetween(from, to)
  if (!nodes || !from.isTyped) return undefined
  const symbols = Object.fromEntries(symbolsIn(from.shape).map((symbol) => [symbol, sampleSize]))
  const graph = new Graph({ opset: from.graph.opset })
  const copies = new Map<Value, Value>([
    [
      from,
      graph.input(
        'from',
        'float32',
        from.shape.map((dim) => bindDim(dim, symbols)),
      ),
    ],
  ])
  const copy = (value: Value) => {
    const known = copies.get(value) ?? graph.initializer(value.name, value.dtype, value.shape as number[], value.data!)
    copies.set(value, known)
    return known
  }
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => input && copy(input))
    const outputs = graph.append(
      new Node(graph, node.op, node.name, inputs, node.attributes),
      node.outputs.map((output) => output?.name ?? ''),
    )
    for (const [i, output] of node.outputs.entries()) if (output) copies.set(output, outputs[i]!)
  }
  graph.output('to', copies.get(to)!)
  return graph
}

/** In the order of computation; undefined where something else is needed than `from` and constants. */
function nodesBetween(from: Value, to: Value): Node[] | undefined {
  const found = new Set<Node>()
  const pending = from === to ? [] : [to]
  for (let value = pending.pop(); value; value = pending.pop()) {
    const node = value.producer
    if (node?.domain !== '' || !allowed.has(node.op)) return undefined
    if (found.has(node)) continue
    found.add(node)
    for (const input of node.inputs) if (input && !input.isConstant && input !== from) pending.push(input)
  }
  return from.graph.nodes.filter((node) => found.has(node))
}
