import { UserError } from '../../errors.js'
import { elementCount, type Tensor } from '../../onnx/tensor.js'
import { plain } from '../untrusted.js'
import type { Origin } from './layouts.js'
import type { Part } from './rules.js'

/** A tensor on its way to its new name. */
export interface Piece {
  part: Part
  tensor: Tensor
  origin: Origin
}

/** Some of the equal parts of a tensor along its first axis: a view. @throws UserError where it has no such parts */
export function slice(tensor: Tensor, { first, count, of }: Part, { file, name }: Origin): Tensor {
  if (of === 1) return tensor
  const { dtype, shape, data } = tensor
  const [rows = 0, ...rest] = shape
  if (rows === 0 || rows % of !== 0)
    throw new UserError(
      `${file} holds ${plain(name)} with the shape [${shape}], which has no ${of} equal parts: choose another file`,
    )
  const size = data.length / of
  return {
    dtype,
    shape: [(rows / of) * count, ...rest],
    data: data.subarray(first * size, (first + count) * size),
  }
}

/**
 * The tensors that float32 pieces make up, by name. Whole tensors stay what they are; parts are copied into one.
 * @throws UserError where parts are missing, do not fit together, or are there twice
 */
export function assemble(pieces: readonly Piece[]): { tensors: Map<string, Tensor>; merged: string[] } {
  const byName = new Map<string, Piece[]>()
  for (const piece of pieces) {
    const together = byName.get(piece.part.name)
    if (together) together.push(piece)
    else byName.set(piece.part.name, [piece])
  }
  const tensors = new Map<string, Tensor>()
  const merged: string[] = []
  for (const [name, together] of byName) {
    together.sort((a, b) => a.part.first - b.part.first)
    checkComplete(name, together)
    if (together.length > 1) merged.push(name)
    tensors.set(name, together.length > 1 ? join(together) : together[0]!.tensor)
  }
  return { tensors, merged }
}

function checkComplete(name: string, pieces: readonly Piece[]) {
  const [{ part, origin }] = pieces as [Piece]
  let reached = 0
  let previous = origin
  for (const piece of pieces) {
    if (piece.part.of !== part.of || piece.part.first < reached)
      throw new UserError(
        `${origin.file} holds both ${plain(previous.name)} and ${plain(piece.origin.name)}, which are the same weights (${name}): choose another file`,
      )
    if (piece.part.first > reached) break
    reached += piece.part.count
    previous = piece.origin
  }
  if (reached !== part.of)
    throw new UserError(
      `${origin.file} holds ${plain(origin.name)}, but not all that belongs to it (${name} has ${part.of} parts): choose another file`,
    )
}

/** One tensor of pieces, along their first axis. */
function join(pieces: readonly Piece[]): Tensor {
  const [{ part, tensor, origin }] = pieces as [Piece]
  const [rows = 0, ...rest] = tensor.shape
  for (const piece of pieces) {
    const expected = [(rows / part.count) * piece.part.count, ...rest]
    if (tensor.shape.length === 0 || `${piece.tensor.shape}` !== `${expected}`)
      throw new UserError(
        `${origin.file} holds ${plain(origin.name)} with the shape [${tensor.shape}] and ${plain(piece.origin.name)} with [${piece.tensor.shape}], which do not fit together: choose another file`,
      )
  }
  const shape = [(rows / part.count) * part.of, ...rest]
  const data = new Float32Array(elementCount(shape))
  let offset = 0
  for (const piece of pieces) {
    data.set(piece.tensor.data as Float32Array, offset)
    offset += piece.tensor.data.length
  }
  return { dtype: 'float32', shape, data }
}
