import type { GraphProto, NodeProto } from 'onnx-buf'

/**
 * The nodes in an order in which each value is computed before it is used, as the format wants it; some converters to half
 * precision append casts at the end. The same array where it is in order, or where no order exists.
 */
export function sortNodes(nodes: readonly NodeProto[]): readonly NodeProto[] {
  const places = new Map(nodes.flatMap(({ output }, place) => output.map((name) => [name, place] as const)))
  const sourcesOf = (place: number) =>
    usedNames(nodes[place]!).flatMap((name) => (name === '' ? [] : (places.get(name) ?? [])))
  const isSorted = nodes.every((_, place) => sourcesOf(place).every((source) => source < place))
  return isSorted ? nodes : (inOrder(nodes.length, sourcesOf)?.map((place) => nodes[place]!) ?? nodes)
}

/** A depth-first walk against the edges; undefined where there is a cycle. */
function inOrder(count: number, sourcesOf: (place: number) => number[]): number[] | undefined {
  const done = new Set<number>()
  const begun = new Set<number>()
  for (let start = 0; start < count; start++) {
    const path = [start]
    while (path.length > 0) {
      const place = path.at(-1)!
      const missing = done.has(place) ? [] : sourcesOf(place).filter((source) => !done.has(source))
      if (missing.length === 0) {
        done.add(place)
        path.pop()
      } else if (begun.has(place)) return undefined
      else {
        begun.add(place)
        path.push(...missing.reverse())
      }
    }
  }
  return [...done]
}

/** What a node takes, also in the graphs inside it. */
const usedNames = ({ input, attribute }: NodeProto): string[] => [
  ...input,
  ...attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs]).flatMap(usedInside),
]

const usedInside = ({ node, output }: GraphProto): string[] => [
  ...node.flatMap(usedNames),
  ...output.map(({ name }) => name),
]
