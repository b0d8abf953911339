import type { Tensor } from '../onnx/tensor.js'
import { parseNpy } from './npy.js'
import { type Budget, plain } from './untrusted.js'
import type { ZipArchive } from './zip.js'

const extension = '.npy'

/** Is this an archive that `numpy.savez` has written? */
export function isNpz(archive: ZipArchive): boolean {
  return archive.names.some((name) => name.endsWith(extension))
}

/**
 * The arrays of a `.npz` file under their names, as in `Transformer/encoderblock_0/LayerNorm_0/scale` (vit_jax) or
 * `params/Transformer/…` (big_vision).
 * @throws UserError where an array is broken or of no number type
 */
export async function readNpz(archive: ZipArchive, budget: Budget): Promise<Map<string, Tensor>> {
  const tensors = new Map<string, Tensor>()
  for (const entry of archive.names.filter((name) => name.endsWith(extension))) {
    const name = entry.slice(0, -extension.length)
    tensors.set(name, parseNpy(await archive.read(entry), `${budget.fileName}: ${plain(name)}`, budget))
  }
  return tensors
}
