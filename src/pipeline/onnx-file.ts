import { UserError } from '../errors.js'
import {
  decodeModel,
  encodeModelFiles,
  externalLocations,
  type Graph,
  largestModelFile,
  weightBytes,
} from '../onnx/index.js'
import type { Files } from '../runtime/files.js'

/** An `.onnx` file, read: its bytes for a runtime, and its graph to look at. */
export interface OnnxFile {
  model: Uint8Array
  graph: Graph
  /** The files beside it that hold weights, by the name that the model gives them. */
  externalData: Record<string, Uint8Array>
}

/**
 * Reads an `.onnx` file and the files beside it that it keeps weights in.
 * @throws UserError where the file is no ONNX model, or points outside its folder
 */
export async function readOnnx(files: Files, path: string): Promise<OnnxFile> {
  const model = await files.read(path)
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  const externalData: Record<string, Uint8Array> = {}
  for (const location of explain(path, () => externalLocations(model)))
    externalData[location] = await files.read(`${folder}${location}`)
  const graph = explain(path, () => decodeModel(model, (location) => externalData[location]!))
  return { model, graph, externalData }
}

function explain<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`)
  }
}

/** Writes a graph as an .onnx file; weights over 2 GB go into a file beside it, named like it with `.data` added. */
export async function writeOnnx(files: Files, path: string, graph: Graph): Promise<void> {
  const isLarge = weightBytes(graph) > largestModelFile
  const dataName = `${path.split('/').at(-1)}.data`
  const { model, external } = encodeModelFiles(graph, isLarge ? dataName : undefined)
  if (external) await files.write(`${path}.data`, external)
  await files.write(path, model)
}
