import { bindDim, bindDimensions, type Graph, type Shape, type Value } from '../../onnx/index.js'

/** What a size is taken for where neither the file nor its config tells it. */
const defaults = { imageSize: 224, channels: 3, tokens: 128 }

/** What is known of a model's inputs besides its graph. */
export interface SizeHints {
  /** Items at once; 1 by default. */
  batch?: number | undefined
  /** Pixels along one side of a picture. */
  imageSize?: number | undefined
  /** Channels of a picture. */
  channels?: number | undefined
  /** Of a sequence. */
  tokens?: number | undefined
}

/**
 * Numbers for the symbols in the shapes of a graph's inputs: a first axis is taken for the batch, four axes for pictures
 * [batch, channels, height, width], and others for tokens.
 */
export function chooseSizes(
  graph: Graph,
  { batch = 1, imageSize, channels, tokens }: SizeHints = {},
): Record<string, number> {
  const sizes: Record<string, number> = {}
  for (const input of graph.inputs) {
    if (!input.isTyped) continue
    for (const [axis, dim] of input.shape.entries()) {
      if (typeof dim === 'number' || dim in sizes) continue
      const picture = axis === 1 ? (channels ?? defaults.channels) : (imageSize ?? defaults.imageSize)
      sizes[dim] = axis === 0 ? batch : input.rank === 4 ? picture : (tokens ?? defaults.tokens)
    }
  }
  return sizes
}

/** Tells the sizes of a value; undefined where they are not known. */
export type Sizes = (value: Value) => readonly number[] | undefined

/** Gives symbols numbers. Sizes that follow from them are inferred anew, so that more are known; no weight is read. */
export function bindSizes(graph: Graph, numbers: Readonly<Record<string, number>>): Sizes {
  const bound = new Map<string, Shape>()
  if (Object.keys(numbers).length > 0) {
    const sized = bindLeniently(graph, numbers)
    for (const [name, value] of sized.initializers) if (value.isTyped) bound.set(name, value.shape)
    for (const { outputs } of sized.nodes)
      for (const output of outputs) if (output?.isTyped) bound.set(output.name, output.shape)
  }
  return (value) => {
    const shape = bound.get(value.name) ?? (value.isTyped ? value.shape : undefined)
    const sizes = shape?.map((dim) => bindDim(dim, numbers))
    return sizes?.every((size) => typeof size === 'number') ? sizes : undefined
  }
}

/** The graph itself where the numbers do not fit it: its own shapes still tell most. */
function bindLeniently(graph: Graph, numbers: Readonly<Record<string, number>>): Graph {
  try {
    return bindDimensions(graph, numbers)
  } catch {
    return graph
  }
}
