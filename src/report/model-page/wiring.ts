import type { Part } from '../../inspect/part.js'
import type { Node, Value } from '../../onnx/index.js'

/** What stands in a part's drawing. */
export type Child = Part | Node

export const isPart = (child: Child): child is Part => 'kind' in child

/** The computed values that a child takes, optional ones that are left out included. */
export const inputsOf = (child: Child): readonly (Value | undefined)[] =>
  child.inputs.map((input) => (input?.isConstant ? undefined : input))

export const outputsOf = (child: Child): readonly Value[] => child.outputs.filter((output) => output !== undefined)

/** A value on its way inside a part. */
export interface Wire {
  /** A child, or `-1 - i` for input `i` of the part. */
  from: number
  /** A child, or `-1 - i` for output `i` of the part. */
  to: number
  /** Which of the inputs of `to` it is. */
  input: number
  value: Value
}

/** Of more wires than this between the same two things, and of more inputs and outputs of a part, the rest is not drawn. */
const mostWires = 40

/** How the children of a part hang together. */
export function wiresOf(part: Pick<Part, 'inputs' | 'outputs'>, children: readonly Child[]): Wire[] {
  const sources = new Map<Value, number>()
  for (const [i, input] of part.inputs.entries()) sources.set(input, -1 - i)
  for (const [i, child] of children.entries()) for (const output of outputsOf(child)) sources.set(output, i)
  const wires: Wire[] = []
  const counts = new Map<string, number>()
  const connect = (value: Value | undefined, to: number, input: number) => {
    const from = value && sources.get(value)
    if (from === undefined || from === to || Math.min(from, to) < -mostWires) return
    const count = (counts.get(`${from} ${to}`) ?? 0) + 1
    counts.set(`${from} ${to}`, count)
    if (count <= mostWires) wires.push({ from, to, input, value: value! })
  }
  for (const [to, child] of children.entries())
    for (const [input, value] of inputsOf(child).entries()) connect(value, to, input)
  for (const [i, output] of part.outputs.entries()) connect(output, -1 - i, 0)
  return wires
}

/** What some nodes take from outside, and what of theirs is used there: by other nodes or as an output of the graph. */
export function boundaryOf(nodes: readonly Node[], users: ReadonlyMap<Value, readonly Node[]>) {
  const inside = new Set(nodes)
  const inputs = new Set<Value>()
  const outputs = new Set<Value>()
  for (const node of nodes) {
    for (const input of node.inputs)
      if (input && !input.isConstant && !(input.producer && inside.has(input.producer))) inputs.add(input)
    for (const output of node.outputs)
      if (output && (node.graph.outputs.includes(output) || users.get(output)?.some((user) => !inside.has(user))))
        outputs.add(output)
  }
  return { inputs: [...inputs], outputs: [...outputs] }
}

/** The nodes that use each value. */
export function usersOf(nodes: readonly Node[]): Map<Value, Node[]> {
  const users = new Map<Value, Node[]>()
  for (const node of nodes) {
    for (const input of new Set(node.inputs)) {
      if (!input) continue
      const known = users.get(input)
      if (known) known.push(node)
      else users.set(input, [node])
    }
  }
  return users
}
