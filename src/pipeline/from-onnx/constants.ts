import { copyNodes, encodeInMemory, Graph, type Tensor, type Value } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import { toFloat32 } from '../../weights/index.js'

/** Reads the numbers of a graph's constants. */
export type Numbers = (value: Value) => Float32Array

/**
 * Reads constants as float32: those of the file when they are asked for, and those that exporters left to the runtime to
 * compute, such as a transposed weight, after one run for all of them.
 */
export async function readConstants(graph: Graph, values: readonly Value[], runtime: Runtime): Promise<Numbers> {
  const computed = await compute(
    graph,
    [...new Set(values)].filter((value) => !value.isConstant),
    runtime,
  )
  return (value) => {
    const tensor = computed.get(value) ?? { dtype: value.dtype, shape: value.shape as number[], data: value.data! }
    return toFloat32(tensor).data
  }
}

async function compute(source: Graph, values: readonly Value[], runtime: Runtime): Promise<Map<Value, Tensor>> {
  if (values.length === 0) return new Map()
  const graph = new Graph({ opset: source.opset, notes: [] })
  const copies = copyNodes(source, values, graph, { mapping: new Map() })
  const names = copies.map((copy, i) => graph.output(`constant_${i}`, copy).name)
  const { model, ...external } = encodeInMemory(graph)
  const session = await runtime.createSession(model, external)
  try {
    const results = await session.run({})
    return new Map(values.map((value, i) => [value, results[names[i]!]!]))
  } finally {
    await session.close()
  }
}
