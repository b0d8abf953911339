import { UserError } from '../errors.js'
import type { Tensor } from '../onnx/tensor.js'
import type { Files } from '../runtime/files.js'
import { plain, quote } from './untrusted.js'

/**
 * Reads weights that lie in several files, by the index beside them (`model.safetensors.index.json`,
 * `pytorch_model.bin.index.json`): its `weight_map` says which file holds which tensor.
 * @param readShard reads one of the files
 * @throws UserError where the index is broken, names a file outside its folder, or does not fit to the files
 */
export async function readSharded(
  files: Files,
  indexFile: string,
  text: string,
  readShard: (path: string) => Promise<Map<string, Tensor>>,
): Promise<Map<string, Tensor>> {
  const weightMap = parseWeightMap(text, indexFile)
  const folder = indexFile.slice(0, indexFile.lastIndexOf('/') + 1)
  const tensors = new Map<string, Tensor>()
  for (const [shard, names] of byShard(weightMap)) {
    const path = folder + shard
    if ((await files.kind(path)) !== 'file') {
      throw new UserError(`${path} is missing: ${indexFile} says that it holds a part of the weights`)
    }
    const read = await readShard(path)
    for (const name of names) {
      const tensor = read.get(name)
      if (!tensor)
        throw new UserError(`${path} has no tensor ${plain(name)}, against ${indexFile}: download both again`)
      tensors.set(name, tensor)
    }
  }
  return tensors
}

/** From tensors to the names of their files. */
function parseWeightMap(text: string, fileName: string): Map<string, string> {
  const invalid = (problem: string) =>
    new UserError(
      `${fileName} is not an index of weights (${problem}): name the file of the weights, or download it again`,
    )
  let index: unknown
  try {
    index = JSON.parse(text)
  } catch {
    throw invalid('it is not valid JSON')
  }
  const weightMap = (index as { weight_map?: unknown } | null)?.weight_map
  if (typeof weightMap !== 'object' || weightMap === null) throw invalid('it has no weight_map')
  for (const shard of Object.values(weightMap)) {
    // A plain name, so that the index cannot make us read other files.
    if (typeof shard !== 'string' || !/^[\w-][\w.-]*$/.test(shard)) {
      throw invalid(`its weight_map names ${quote(shard)}, which is no file beside it`)
    }
  }
  return new Map(Object.entries(weightMap))
}

function byShard(weightMap: Map<string, string>): Map<string, string[]> {
  const shards = new Map<string, string[]>()
  for (const [name, shard] of weightMap) {
    const names = shards.get(shard) ?? []
    names.push(name)
    shards.set(shard, names)
  }
  return shards
}
