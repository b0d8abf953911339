import { encodeInMemory, encodeMapped, type Graph, largestModelFile } from '../onnx/index.js'
import type { Files } from '../runtime/files.js'
import type { SessionOptions } from '../runtime/session.js'

/** A model's bytes, and the options of a session that say where its weights are. */
export type Encoded = { model: Uint8Array } & Pick<SessionOptions, 'externalData' | 'externalFolder'>

/** The graph for a runtime: weights that lie in a file as it wants them are mapped from there rather than copied. */
export async function encodeForRuntime(files: Files, graph: Graph): Promise<Encoded> {
  const found = new Map<ArrayBufferLike, string>()
  let externalFolder: string | undefined
  for (const buffer of new Set([...graph.initializers.values()].map(({ data }) => data!.buffer))) {
    const path = await files.origin?.(buffer)
    if (path === undefined) continue
    const end = path.lastIndexOf('/')
    externalFolder ??= path.slice(0, end)
    if (path.slice(0, end) === externalFolder) found.set(buffer, path.slice(end + 1))
  }
  // What is not mapped goes into the model's own bytes, which have a limit.
  const rest = [...graph.initializers.values()].filter(({ data }) => !found.has(data!.buffer))
  const fits = rest.reduce((sum, { data }) => sum + data!.byteLength, 0) <= largestModelFile
  return externalFolder !== undefined && fits
    ? { model: encodeMapped(graph, found), externalFolder }
    : encodeInMemory(graph)
}

/**
 * Where bytes that were read can be mapped from: the folder of the files that they are the whole of, under these names.
 * Undefined where one of them cannot.
 */
export async function folderOf(
  files: Files,
  external: Readonly<Record<string, Uint8Array>>,
): Promise<string | undefined> {
  const folders = new Set<string | undefined>()
  for (const [location, { buffer }] of Object.entries(external)) {
    const path = await files.origin?.(buffer)
    folders.add(path?.endsWith(`/${location}`) ? path.slice(0, -location.length - 1) : undefined)
  }
  return folders.size === 1 ? [...folders][0] : undefined
}
