import { understand } from '../../inspect/index.js'
import { rolesOf } from '../../inspect/understand/roles.js'
import type { ViT } from '../../nn/index.js'
import { copyNodes, Graph, type Value } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import { batchOf, type Encoder, randomPixels, relativeDifference, run } from './compare.js'
import { widenGraph } from './widen-graph.js'

/** Tokens on their way through a model. */
interface Stop {
  where: string
  value: Value
}

/** From where on a file's tokens differ from those of the ViT rebuilt from it, in words. */
export async function firstDifference(
  source: Graph,
  vit: ViT,
  runtime: Runtime,
  encode: Encoder,
  tolerance: number,
): Promise<string> {
  const { inChannels, imageSize } = vit.config
  const shape = [batchOf(source), inChannels, imageSize, imageSize]
  const tokens = async (graph: Graph) => {
    const stops = stopsOf(graph)
    const [pixels] = graph.inputs
    const feeds = { [pixels!.name]: randomPixels(shape, pixels!.dtype) }
    const results = await run(runtime, await encode(withOutputs(graph, stops)), feeds)
    return stops.map(({ where }, i) => ({ where, data: results[`stop_${i}`]!.data as Float32Array }))
  }
  const theirs = await tokens(widenGraph(source))
  const ours = await tokens(vit.build(new Graph(), shape[0]))
  const found = theirs.find(({ data }, i) => !(relativeDifference(data, ours[i]?.data ?? data) <= tolerance))
  return found?.where ?? 'only behind the last block'
}

/** The tokens before the first block and behind each. */
function stopsOf(graph: Graph): Stop[] {
  const { layers } = rolesOf(understand(graph).stages)
  const [first] = layers
  return [
    ...(first ? [{ where: 'already before block 0', value: first.part.inputs[0]! }] : []),
    ...layers.map(({ part }, i) => ({ where: `from block ${i} on`, value: part.outputs[0]! })),
  ]
}

/** As much of a graph as gives some of its values, as outputs. */
function withOutputs(source: Graph, stops: readonly Stop[]): Graph {
  const graph = new Graph({ opset: source.opset, notes: [] })
  const mapping = new Map(source.inputs.map((input) => [input, graph.input(input.name, input.dtype, input.shape)]))
  const values = copyNodes(
    source,
    stops.map(({ value }) => value),
    graph,
    { mapping },
  )
  for (const [i, value] of values.entries()) graph.output(`stop_${i}`, value)
  return graph
}
