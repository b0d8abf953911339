import { type Graph, isTyped, Node, ops, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
import type { Pass } from '../pass.js'

/**
 * A copy of the graph that computes no tokens which nothing looks at. A model that answers by its class token needs the
 * others up to the last attention alone: what becomes of them in the last layer is a twelfth of ViT-B's work.
 */
export function firstTokensOnly(graph: Graph): Graph {
  if (!isTyped(graph)) return graph
  const taken = graph.nodes.filter(takesToken)
  const [tokens, ...others] = new Set(taken.map((node) => Number(node.input(0).shape[1])))
  const count = 1 + Math.max(...taken.map((node) => node.input(1).content![0] as number))
  if (tokens === undefined || others.length > 0 || count >= tokens) return graph
  const isPartial = partialNodes(graph, tokens)
  return rewrite(graph, (node) => (isPartial(node) ? withFirstTokens(node, isPartial, tokens, count) : undefined))
}

export const onlyFirstTokens: Pass = {
  name: 'the last layer for the tokens that are looked at',
  apply: firstTokensOnly,
}

/** Whether the node takes one token of [batch, tokens, dim]. */
function takesToken({ op, inputs, attributes }: Node): boolean {
  const [x, index] = inputs
  if (op !== 'Gather' || attributes.axis?.value !== 1 || !x!.isTyped) return false
  return (
    x!.rank === 3 && typeof x!.shape[1] === 'number' && index!.content?.length === 1 && Number(index!.content[0]) >= 0
  )
}

/** Tells the nodes of which the first tokens are enough: all that use their outputs are such nodes, or take a token. */
function partialNodes(graph: Graph, tokens: number): (node: Node | undefined) => boolean {
  const partial = new Set<Node>()
  const inFull = new Set<Value>(graph.outputs)
  for (const node of graph.nodes.toReversed()) {
    const isPartial = !node.outputs.some((output) => output && inFull.has(output))
    const enough = takesToken(node) ? [0] : isPartial ? tokenInputs(node, tokens) : []
    if (isPartial && enough.length > 0 && !takesToken(node)) partial.add(node)
    for (const [i, input] of node.inputs.entries()) if (input && !enough.includes(i)) inFull.add(input)
  }
  return (node) => node !== undefined && partial.has(node)
}

/** Where the output's tokens are each computed from the same token: the inputs that have them. Otherwise none. */
function tokenInputs({ op, inputs, output, attributes }: Node, tokens: number): number[] {
  switch (op) {
    case 'LayerNormalization':
      return attributes.axis?.value === output.rank - 1 || attributes.axis?.value === -1 ? [0] : []
    case 'Gelu':
    case 'Sigmoid':
    case 'Tanh':
    case 'Relu':
    case 'MultiHeadAttention': // of the queries; every query sees all keys and values
      return [0]
    case 'Gemm': {
      const added = inputs[2]?.rank === 2 && inputs[2].shape[0] !== 1 ? [2] : []
      return attributes.transA?.value === 1 ? [] : [0, ...added]
    }
    case 'Add':
    case 'Mul':
      return inputs.flatMap((x, i) => (x!.rank === output.rank && x!.shape.at(-2) !== 1 ? [i] : []))
    case 'Reshape': {
      // From [batch, tokens, dim] to rows, and back.
      const [x, target] = [inputs[0]!, inputs[1]!.content ?? []]
      const apart = target.length === 3 ? x.rank === 2 && target[1] === tokens : x.rank === 3 && x.shape[1] === tokens
      const together = target.length === 3 || (target.length === 2 && target[0] === -1)
      return apart && together && x.shape.at(-1) === target.at(-1) ? [0] : []
    }
    default:
      return []
  }
}

/** The node for the first `count` tokens, which it takes from the inputs that have all. */
function withFirstTokens(node: Node, isPartial: (node?: Node) => boolean, tokens: number, count: number): Replacement {
  const enough = tokenInputs(node, tokens)
  const { op, name, attributes, domain } = node
  return {
    inputs: node.inputs as Value[],
    emit(copies) {
      const { graph } = copies[0]!
      const inputs = copies.map((copy, i) =>
        enough.includes(i) && !isPartial(node.inputs[i]!.producer) ? firstTokens(copy, tokens, count) : copy,
      )
      const target = op === 'Reshape' ? (inputs[1]!.content as number[]) : []
      if (target.length === 3) inputs[1] = graph.constant('int64', [target[0]!, count, target[2]!])
      const declared = node.outputs.map((output) => ({
        dtype: output!.dtype,
        shape: output!.shape.map((dim, axis) => (axis === 1 && output!.rank === 3 ? count : dim)),
      }))
      const names = node.outputs.map((output) => output!.name)
      return graph.append(new Node(graph, op, name, inputs, attributes, domain), names, declared) as Value[]
    },
  }
}

/** The first `count` tokens of [batch, tokens, dim], or of rows [batch · tokens, dim]. */
function firstTokens(x: Value, tokens: number, count: number): Value {
  if (x.rank === 3) return ops.slice(x, [0], [count], [1])
  const dim = Number(x.shape[1])
  return ops.reshape(ops.slice(ops.reshape(x, [-1, tokens, dim]), [0], [count], [1]), [-1, dim])
}
