import {
  create,
  type DescField,
  type DescMessage,
  type Message,
  type MessageShape,
  mergeFromBinary,
} from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { TensorProtoSchema } from 'onnx-buf'
import { type ByteSource, windowed } from './byte-source.js'

/** Where the content of a field lies that was left in its file. */
export interface FileRange {
  source: ByteSource
  /** In bytes. */
  offset: number
  length: number
}

export const readRange = ({ source, offset, length }: FileRange): Uint8Array => source.read(offset, length)

/** Messages up to this many bytes are read whole; in larger ones, fields that are larger are looked into or left where they are. */
const largestPiece = 2 ** 14

/** As in protobuf libraries: no sound file nests deeper. */
const deepestMessage = 100

const rangesLeft = new WeakMap<Message, Map<string, FileRange>>()

/** Where a field lies that `readProto` did not read, such as the `rawData` of a large tensor. */
export const rangeLeft = (message: Message, field: string): FileRange | undefined => rangesLeft.get(message)?.get(field)

/** A copy of a message with some fields changed; what both have is shared, what was left in the file is left. */
export function copyMessage<D extends DescMessage>(
  schema: D,
  message: MessageShape<D>,
  changes: Partial<MessageShape<D>>,
) {
  const copy = Object.assign(create(schema), message, changes)
  const ranges = rangesLeft.get(message)
  if (ranges) rangesLeft.set(copy, ranges)
  return copy
}

/**
 * Reads a protobuf message as `fromBinary` does, but leaves large tensors' numbers in the file: `rangeLeft` tells where
 * they are. Memory and time go by what is read, not by the size of the file, which may be over 2 GB.
 * @throws where the bytes are no such message
 */
export function readProto<D extends DescMessage>(schema: D, source: ByteSource) {
  return readMessage(schema, windowed(source), source, 0, source.size, create(schema), 0) as MessageShape<D>
}

function readMessage(
  schema: DescMessage,
  window: ByteSource,
  source: ByteSource,
  start: number,
  end: number,
  message: Message,
  depth: number,
): Message {
  if (depth > deepestMessage) throw new Error('messages are nested too deeply')
  let unread = start
  const readUntil = (position: number) => {
    if (position > unread) mergeFromBinary(schema, message, source.read(unread, position - unread))
  }
  if (end - start > largestPiece)
    for (let position = start; position < end; ) {
      const { number, isLengthDelimited, from, to } = headAt(window, position, end)
      const field = isLengthDelimited && to - from > largestPiece ? fieldOf(schema, number) : undefined
      if (field && mayStay(field)) {
        readUntil(position)
        if (field.message) readMessage(field.message, window, source, from, to, childOf(message, field), depth + 1)
        else leave(message, field, { source, offset: from, length: to - from })
        unread = to
      }
      position = to
    }
  readUntil(end)
  return message
}

const fieldOf = (schema: DescMessage, number: number) => schema.fields.find((field) => field.number === number)

/** Whether a large field can be left in the file or looked into: the numbers of tensors, and messages. */
function mayStay(field: DescField): boolean {
  if (field.parent === TensorProtoSchema && numberFields.has(field.localName)) return true
  return field.message !== undefined && !field.oneof && (field.fieldKind === 'message' || field.fieldKind === 'list')
}

const numberFields = new Set(['rawData', 'floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data'])

/** The message that a field's content goes to: a new one of a list, or the only one, which is merged into. */
function childOf(parent: Message, field: DescField): Message {
  const fields = parent as unknown as Record<string, Message | Message[] | undefined>
  const existing = fields[field.localName]
  if (existing && !Array.isArray(existing)) return existing
  const child = create(field.message!)
  if (Array.isArray(existing)) existing.push(child)
  else fields[field.localName] = child
  return child
}

function leave(message: Message, field: DescField, range: FileRange) {
  const ranges = rangesLeft.get(message) ?? new Map<string, FileRange>()
  rangesLeft.set(message, ranges.set(field.localName, range))
}

/** The longest tag and length: two varints. */
const longestHead = 20

/** The field at a position and where its content lies. @throws where it reaches past `end` */
function headAt(window: ByteSource, position: number, end: number) {
  const reader = new BinaryReader(window.read(position, Math.min(longestHead, end - position)))
  const [number, wireType] = reader.tag()
  const isLengthDelimited = wireType === WireType.LengthDelimited
  if (wireType === WireType.StartGroup || wireType === WireType.EndGroup) throw new Error('it has groups')
  const length = isLengthDelimited ? reader.uint32() : 0
  if (!isLengthDelimited) reader.skip(wireType)
  const from = position + reader.pos
  if (from + length > end) throw new Error('a field is longer than the message it is in')
  return { number, isLengthDelimited, from, to: from + length }
}
