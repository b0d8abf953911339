import { encodeModel, type Graph } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Tensors } from '../runtime/session.js'

/** The outputs that ONNX Runtime computes for one run of the graph. */
export async function runGraph(graph: Graph, feeds: Tensors): Promise<Tensors> {
  return runModel(encodeModel(graph), feeds)
}

/** The same for the bytes of an `.onnx` file. */
export async function runModel(model: Uint8Array, feeds: Tensors): Promise<Tensors> {
  const session = await inlineRuntime.createSession(model, { threads: 1 })
  try {
    return await session.run(feeds)
  } finally {
    await session.close()
  }
}
