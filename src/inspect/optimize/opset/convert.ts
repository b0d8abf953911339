import { UserError } from '../../../errors.js'
import { type Graph, type Node, type Replacement, rewrite } from '../../../onnx/index.js'
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
  let current = graph
  // Change by change: an operator such as Split has several.
  for (const step of stepsOf(graph, opset)) current = rewrite(current, (node) => converted(node, step), step)
  return current.opset === opset
    ? current
    : rewrite(
        current,
        (node) => {
          requireKnown(node, opset)
          return undefined
        },
        opset,
      )
}

/** The opsets on the way that change an operator. */
function stepsOf(graph: Graph, opset: number): number[] {
  const found = Object.values(changes).flatMap((list) => list.map(({ since }) => since))
  return [...new Set(found)].filter((since) => since > graph.opset && since <= opset).sort((a, b) => a - b)
}

function converted(node: Node, opset: number): Replacement | undefined {
  requireKnown(node, opset)
  const change = changeOf(node, opset)
  if (!change) return undefined
  const replacement = change.convert(node)
  if (!replacement) throw refusal(node, opset)
  return replacement
}

const changeOf = (node: Node, opset: number): Change | undefined =>
  node.domain === '' && Object.hasOwn(changes, node.op)
    ? changes[node.op]!.find(({ since }) => since === opset)
    : undefined

function requireKnown(node: Node, opset: number) {
  if (node.domain === '' && !unchanged.has(node.op) && !Object.hasOwn(changes, node.op)) throw refusal(node, opset)
}

const refusal = ({ op, name, graph }: Node, opset: number) =>
  new UserError(
    `node ${name || op} (${op}) cannot be converted from opset ${graph.opset} to ${opset}: export the model with that opset`,
  )
