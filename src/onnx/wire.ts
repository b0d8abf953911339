import type { DescField } from '@bufbuild/protobuf'
import { BinaryWriter, WireType } from '@bufbuild/protobuf/wire'

/**
 * A field of a protobuf message that is a message itself, or bytes, in pieces: the length in front, then `content` as it
 * is. The encoder of the protobuf library copies bytes once for every message that they lie in; so weights are copied
 * once, when the pieces are joined.
 */
export function lengthDelimited<Piece extends { length: number }>(
  field: DescField,
  content: readonly Piece[],
): (Piece | Uint8Array)[] {
  const length = content.reduce((sum, piece) => sum + piece.length, 0)
  const head = new BinaryWriter().tag(field.number, WireType.LengthDelimited).uint32(length).finish()
  return [head, ...content]
}

/** One array of all pieces. */
export function joinBytes(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0))
  let position = 0
  for (const piece of pieces) {
    bytes.set(piece, position)
    position += piece.length
  }
  return bytes
}
