import { type Graph, type Node, rewrite, type Tensor, type Value } from '../../../onnx/index.js'
import { changed, type Pass } from '../pass.js'

/** Constants with the same numbers, and nodes that compute the same, are there once. */
export const shareEquals: Pass = { name: 'what is there twice', apply: shareInGraph }

function shareInGraph(graph: Graph): Graph {
  const firsts = firstOfEachConstant(graph)
  const same = (value: Value) => firsts.get(value) ?? value
  const nodes = new Map<string, Node>()
  const ids = new Map<Value, number>()
  for (const node of graph.nodes) {
    if (!isShareable(node)) continue
    const key = keyOf(
      node,
      node.inputs.map((input) => (input ? idOf(ids, same(input)) : -1)),
    )
    const first = nodes.get(key)
    if (!first) nodes.set(key, node)
    else if (first.outputs.length === node.outputs.length)
      for (const [i, output] of node.outputs.entries())
        if (output && first.outputs[i]) firsts.set(output, first.outputs[i])
  }
  return rewrite(graph, (node) => {
    const outputs = node.outputs.map((output) => output && same(output))
    if (outputs.some((output, i) => output !== node.outputs[i]) && outputs.every((output) => output))
      return { inputs: outputs as Value[], emit: (copies) => copies }
    const inputs = node.inputs.map((input) => input && same(input))
    return inputs.some((input, i) => input !== node.inputs[i]) ? changed(node, inputs) : undefined
  })
}

function idOf(ids: Map<Value, number>, value: Value): number {
  const known = ids.get(value) ?? ids.size
  ids.set(value, known)
  return known
}

/** Of the default domain, where every operator but the random ones gives the same for the same. */
const isShareable = (node: Node) =>
  node.domain === '' &&
  !/^Random|^Multinomial$|^Bernoulli$|^Dropout$|^Constant$/.test(node.op) &&
  Object.values(node.attributes).every(({ kind }) => kind !== 'graph' && kind !== 'proto')

function keyOf(node: Node, inputs: readonly number[]): string {
  const attributes = Object.entries(node.attributes).sort(([a], [b]) => (a < b ? -1 : 1))
  return JSON.stringify([
    node.op,
    inputs,
    node.outputs.length,
    attributes.map(([name, { kind, value }]) => [name, kind, plain(value)]),
  ])
}

const plain = (value: unknown) =>
  typeof value === 'object' && value !== null && 'data' in value
    ? [(value as Tensor).dtype, (value as Tensor).shape, [...(value as Tensor).data].map(String)]
    : value

/** The initializers that repeat another one, by their bytes. */
function firstOfEachConstant(graph: Graph): Map<Value, Value> {
  const firsts = new Map<Value, Value>()
  const groups = new Map<string, Value[]>()
  for (const value of graph.initializers.values()) {
    if (!value.numbers) continue
    const key = `${value.dtype} ${value.shape} ${sampleOf(value)}`
    const group = groups.get(key) ?? []
    const first = group.find((other) => sameNumbers(other, value))
    if (first) firsts.set(value, first)
    else groups.set(key, [...group, value])
  }
  return firsts
}

/** Weights that differ at all differ here, mostly: large ones are then not read in full. */
const sampleOf = (value: Value) => value.slice(0, Math.min(16, count(value)))!.join()

const count = ({ shape }: Value) => shape.reduce<number>((product, size) => product * Number(size), 1)

function sameNumbers(a: Value, b: Value): boolean {
  const [x, y] = [a.data!, b.data!]
  // Compared as bit patterns: 0 and -0 differ, and NaN is itself.
  return sameBytes(
    new Uint8Array(x.buffer, x.byteOffset, x.byteLength),
    new Uint8Array(y.buffer, y.byteOffset, y.byteLength),
  )
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}
