import {
  create,
  type DescField,
  type DescMessage,
  isFieldSet,
  type Message,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf'
import { type FileRange, rangeLeft, readRange } from './read-proto.js'
import { lengthDelimited } from './wire.js'

/** The bytes of a message, in pieces; numbers that were left in a file are read as the pieces are asked for. */
export function* protoPieces<D extends DescMessage>(schema: D, message: MessageShape<D>): Iterable<Uint8Array> {
  for (const piece of piecesOf(schema, message)) yield piece instanceof Uint8Array ? piece : readRange(piece)
}

type Piece = Uint8Array | FileRange

function piecesOf(schema: DescMessage, message: Message): Piece[] {
  if (!isIncomplete(schema, message)) return [toBinary(schema, message)]
  const pieces: Piece[] = []
  let rest = create(schema)
  const flush = () => {
    pieces.push(toBinary(schema, rest))
    rest = create(schema)
  }
  for (const field of schema.fields.toSorted((a, b) => a.number - b.number)) {
    const range = rangeLeft(message, field.localName)
    const children = childrenOf(field, message)
    if (range) {
      flush()
      pieces.push(...lengthDelimited(field, [range]))
    } else if (children.some((child) => isIncomplete(field.message!, child))) {
      flush()
      for (const child of children) pieces.push(...lengthDelimited(field, piecesOf(field.message!, child)))
    } else if (isFieldSet(message, field)) copyField(message, rest, field)
  }
  if (message.$unknown) rest.$unknown = message.$unknown
  flush()
  return pieces
}

/** Whether something of the message or inside it was left in a file. */
function isIncomplete(schema: DescMessage, message: Message): boolean {
  return schema.fields.some(
    (field) =>
      rangeLeft(message, field.localName) ||
      childrenOf(field, message).some((child) => isIncomplete(field.message!, child)),
  )
}

function childrenOf(field: DescField, message: Message): readonly Message[] {
  if (!field.message || field.oneof) return []
  const content = (message as unknown as Record<string, Message | Message[] | undefined>)[field.localName]
  return Array.isArray(content) ? content : content ? [content] : []
}

function copyField(from: Message, to: Message, field: DescField) {
  const name = field.oneof?.localName ?? field.localName
  Object.assign(to, { [name]: (from as unknown as Record<string, unknown>)[name] })
}
