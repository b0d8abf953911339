import { type Graph, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
import type { Part } from '../../part.js'
import { understand } from '../../understand/understand.js'

/** All parts that are recognised in a graph, outer ones before those in them. */
export const partsOf = (graph: Graph): Part[] => withInner(understand(graph).stages)

const withInner = (parts: readonly Part[]): Part[] => parts.flatMap((part) => [part, ...withInner(part.parts)])

/** Puts something else in place of the parts that `replace` has something for; each has a single output. */
export function replaceParts(graph: Graph, replace: (part: Part) => Replacement | undefined): Graph {
  const replacements = new Map<Value, Replacement>()
  for (const part of partsOf(graph)) {
    const [output, ...others] = part.outputs
    const replacement = others.length === 0 && output?.isTyped ? replace(part) : undefined
    if (replacement) replacements.set(output!, replacement)
  }
  return replaceValues(graph, replacements)
}

/** Computes values in another way, as far as each is all that its node gives. */
export function replaceValues(graph: Graph, replacements: ReadonlyMap<Value, Replacement>): Graph {
  if (replacements.size === 0) return graph
  return rewrite(graph, ({ outputs }) => (outputs.length === 1 ? replacements.get(outputs[0]!) : undefined))
}
