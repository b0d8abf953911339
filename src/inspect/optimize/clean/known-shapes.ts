import {
  type Dim,
  type Graph,
  int,
  type Node,
  ops,
  type Replacement,
  type Rule,
  rewrite,
  type Value,
} from '../../../onnx/index.js'
import { changed, isOp, type Pass } from '../pass.js'

/**
 * Sizes that the graph alone tells. Exporters compute them again and again from Shape, Gather and Concat; what is known
 * becomes a constant, and a size such as `batch` the -1 of a Reshape.
 */
export const useKnownShapes: Pass = {
  name: 'sizes computed from shapes',
  apply(graph) {
    const places = placesOfSymbols(graph)
    return rewrite(graph, (node) => known(node) ?? reshapeWithNumbers(node) ?? shortly(node, places))
  },
}

/** The constant that a node always gives. */
const known: Rule = (node) => {
  const [output, ...others] = node.outputs
  if (!output?.isTyped || others.some((other) => other) || output.isConstant) return undefined
  const tensor = node.domain === '' && node.graph.fold(node)
  if (!tensor) return undefined
  return { inputs: [], emit: (_, graph) => [graph.initializer(output.name, tensor.dtype, tensor.shape, tensor.data)] }
}

function reshapeWithNumbers(node: Node): Replacement | undefined {
  if (!isOp(node, 'Reshape') || !node.output.isTyped || node.int('allowzero', 0) === 1) return undefined
  const [x, target] = [node.input(0), node.input(1)]
  const sizes = numbersFor(node.output)
  if (!sizes || (target.isConstant && isPlain(target))) return undefined
  const rest = changed(node, [x, target])
  return {
    inputs: [x],
    emit: ([copy], graph) => rest.emit([copy!, graph.constant('int64', sizes)], graph),
  }
}

/** Where a size can be read off an input of the graph. */
type Places = ReadonlyMap<Dim, { input: Value; axis: number }>

function placesOfSymbols({ inputs }: Graph): Places {
  const places = new Map<Dim, { input: Value; axis: number }>()
  for (const input of inputs.toReversed())
    for (const [axis, dim] of (input.type?.shape ?? []).entries())
      if (typeof dim === 'string') places.set(dim, { input, axis })
  return places
}

/** Sizes that partly depend on the input, computed from its shape at once: Shape and Concat, since Shape can take a part. */
function shortly(node: Node, places: Places): Replacement | undefined {
  const { content } = node.outputs[0] ?? {}
  if (!content || node.graph.opset < 15 || node.output.dtype !== 'int64' || node.output.rank !== 1) return undefined
  if (isShort(node) || !content.every((dim) => typeof dim === 'number' || places.has(dim))) return undefined
  const inputs = [...new Set(content.flatMap((dim) => places.get(dim)?.input ?? []))]
  return {
    inputs,
    emit(copies, graph) {
      const parts = runsOf(content).map((run) => {
        const place = places.get(run[0]!)
        if (!place) return graph.constant('int64', run as number[])
        const attributes = { start: int(place.axis), end: int(place.axis + 1) }
        return graph.emit('Shape', [copies[inputs.indexOf(place.input)]], attributes)[0]!
      })
      return [parts.length === 1 ? parts[0] : ops.concat(parts, 0)]
    },
  }
}

/** Whether it is in that form already, or a part of it. */
const isShort = (node: Node) =>
  isOp(node, 'Shape') || (isOp(node, 'Concat') && node.inputs.every((input) => input!.isConstant || isShape(input!)))

const isShape = ({ producer }: Value) => isOp(producer, 'Shape') && producer.attributes.start !== undefined

/** The elements, numbers that follow each other together. */
function runsOf(content: readonly Dim[]): Dim[][] {
  const runs: Dim[][] = []
  for (const dim of content) {
    const last = runs.at(-1)
    if (last && typeof dim === 'number' && typeof last[0] === 'number') last.push(dim)
    else runs.push([dim])
  }
  return runs
}

/** The shape as numbers, with -1 for the one size that may be unknown. */
export function numbersFor({ shape }: Value): number[] | undefined {
  const unknown = shape.filter((size) => typeof size === 'string')
  if (unknown.length > 1 || shape.includes(0)) return undefined
  return shape.map((size) => (typeof size === 'string' ? -1 : size))
}

/** Whether a target says all there is to know: it copies no sizes, and leaves none open that is known. */
const isPlain = (target: Value) => !target.content!.includes(0)
