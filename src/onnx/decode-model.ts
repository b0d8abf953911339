import { sourceOf } from './byte-source.js'
import { decodeGraph, opsetsOf } from './decode-graph.js'
import type { Graph } from './graph.js'
import { parseModel } from './read-model.js'
import { type ExternalData, locationOf } from './tensor-proto.js'

/** The files that a model keeps weights in besides its own, relative to it. @throws where one is outside its folder */
export function externalLocations(bytes: Uint8Array): string[] {
  const { initializer } = parseModel(sourceOf(bytes)).graph!
  return [...new Set(initializer.flatMap((tensor) => locationOf(tensor) ?? []))]
}

/**
 * Reads an `.onnx` file to work on it, as for training. Shapes are inferred anew, so that a graph from any exporter can be
 * worked on like our own. `readModel` reads more, to look at.
 * @throws Error in one sentence where the bytes are no ONNX model, or use what Vitrine cannot work on
 */
export function decodeModel(bytes: Uint8Array, external?: ExternalData): Graph {
  const model = parseModel(sourceOf(bytes))
  const opset = opsetsOf(model).get('') ?? 1
  if (opset < 11) throw new Error(`it uses opset ${opset}, and Vitrine reads opset 11 and newer`)
  if (model.functions.length > 0)
    throw new Error('it defines functions of its own, which Vitrine does not support: inline them with onnx.inliner')
  return decodeGraph(model, model.graph!, { external })
}
