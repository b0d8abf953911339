import { UserError } from '../../../errors.js'
import { type Graph, type Node, rewrite } from '../../../onnx/index.js'
import { type Change, changes, unchanged } from './rules.js'

/** The newest opset that is written here. */
export const newestOpset = 23

/**
 * The graph in a newer version of the default domain.
 * @throws UserError where an operator in it cannot be converted, or the opset is an older one
 */
export function convertOpset(graph: Graph, opset: number): Graph {
  if (opset < graph.opset)
    throw new UserError(
      `the model has opset ${graph.opset}, which cannot become the older opset ${opset}: ask for one from ${graph.opset} to ${newestOpset}`,
    )
  for (const node of graph.nodes) if (!isKnown(node)) throw refusal(node, graph.opset, opset)
  let current = graph
  // Change by change: an operator such as Split has several.
  for (const step of stepsOf(graph, opset)) {
    const convert = (node: Node) => {
      const change = changeOf(node, step)
      const replacement = change?.convert(node)
      if (change && !replacement) throw refusal(node, graph.opset, opset)
      return replacement
    }
    current = rewrite(current, convert, step)
  }
  return current.opset === opset ? current : rewrite(current, () => undefined, opset)
}

/** The opsets on the way that change an operator. */
function stepsOf(graph: Graph, opset: number): number[] {
  const found = Object.values(changes).flatMap((list) => list.map(({ since }) => since))
  return [...new Set(found)].filter((since) => since > graph.opset && since <= opset).sort((a, b) => a - b)
}

const changeOf = (node: Node, opset: number): Change | undefined =>
  node.domain === '' && Object.hasOwn(changes, node.op)
    ? changes[node.op]!.find(({ since }) => since === opset)
    : undefined

const isKnown = ({ op, domain }: Node) => domain !== '' || unchanged.has(op) || changes[op] !== undefined

const refusal = ({ op, name }: Node, from: number, to: number) =>
  new UserError(
    `node ${name || op} (${op}) cannot be converted from opset ${from} to ${to}: export the model with that opset`,
  )
