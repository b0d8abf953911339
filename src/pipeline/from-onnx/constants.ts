import { allocate, copyNodes, elementCount, encodeInMemory, Graph, type Tensor, type Value } from '../../onnx/index.js'
import type { Runtime, Tensors } from '../../runtime/session.js'
import { toFloat32 } from '../../weights/index.js'

/** Reads the numbers of a graph's constants. */
export type Numbers = (value: Value) => Float32Array

/**
 * Reads constants as float32: those of the file when they are asked for, and those that exporters left to the runtime to
 * compute after one run for all of them. These may depend on the size of the picture, as position embeddings do that are
 * resized, but not on its content.
 * @param pixels the shape of the picture that the graph is given
 */
export async function readConstants(
  graph: Graph,
  values: readonly Value[],
  runtime: Runtime,
  pixels: readonly number[],
): Promise<Numbers> {
  const computed = await compute(
    graph,
    [...new Set(values)].filter((value) => !value.isConstant),
    runtime,
    pixels,
  )
  return (value) => {
    const tensor = computed.get(value) ?? { dtype: value.dtype, shape: value.shape as number[], data: value.data! }
    return toFloat32(tensor).data
  }
}

async function compute(
  source: Graph,
  values: readonly Value[],
  runtime: Runtime,
  pixels: readonly number[],
): Promise<Map<Value, Tensor>> {
  if (values.length === 0) return new Map()
  const graph = new Graph({ opset: source.opset, notes: [] })
  const mapping = new Map(source.inputs.map((input) => [input, graph.input(input.name, input.dtype, pixels)]))
  const copies = copyNodes(source, values, graph, { mapping })
  const names = copies.map((copy, i) => graph.output(`constant_${i}`, copy).name)
  const { model, ...external } = encodeInMemory(graph)
  const session = await runtime.createSession(model, external)
  try {
    const zeros = ({ name, dtype }: Value): [string, Tensor] => [
      name,
      { dtype, shape: pixels, data: allocate(dtype, elementCount(pixels)) },
    ]
    const feeds: Tensors = Object.fromEntries(source.inputs.map(zeros))
    const results = await session.run(feeds)
    return new Map(values.map((value, i) => [value, results[names[i]!]!]))
  } finally {
    await session.close()
  }
}
