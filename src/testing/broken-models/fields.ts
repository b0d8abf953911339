import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire'
import { ModelProtoSchema } from 'onnx-buf'

/** Where a field lies in a file, in bytes. */
export interface FieldPlace {
  field: DescField
  wireType: WireType
  /** Of the tag. */
  start: number
  /** Of the length or the number, right behind the tag. */
  value: number
  /** Of the content, behind the length. */
  content: number
  end: number
}

/** All fields of a sound file, those of inner messages included, in the order of the file. */
export function placesOf(bytes: Uint8Array, schema: DescMessage = ModelProtoSchema, offset = 0): FieldPlace[] {
  const reader = new BinaryReader(bytes)
  const places: FieldPlace[] = []
  while (reader.pos < bytes.length) {
    const start = reader.pos
    const [number, wireType] = reader.tag()
    const value = reader.pos
    const isDelimited = wireType === WireType.LengthDelimited
    const length = isDelimited ? reader.uint32() : 0
    const content = isDelimited ? reader.pos : value
    if (isDelimited) reader.pos += length
    else reader.skip(wireType)
    const field = schema.fields.find((field) => field.number === number)
    if (!field) continue
    const [from, to] = [content, reader.pos]
    places.push({
      field,
      wireType,
      start: offset + start,
      value: offset + value,
      content: offset + from,
      end: offset + to,
    })
    if (isDelimited && field.message) places.push(...placesOf(bytes.subarray(from, to), field.message, offset + from))
  }
  return places
}

/** A number as protobuf writes it. */
export function varint(number: bigint): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, number)
  do {
    bytes.push(Number(rest & 127n) | (rest > 127n ? 128 : 0))
    rest >>= 7n
  } while (rest > 0n)
  return Uint8Array.from(bytes)
}

/** The bytes with those from `start` to before `end` replaced; lengths around them stay as they are. */
export function splice(bytes: Uint8Array, start: number, end: number, replacement: Uint8Array): Uint8Array {
  const result = new Uint8Array(bytes.length - (end - start) + replacement.length)
  result.set(bytes.subarray(0, start))
  result.set(replacement, start)
  result.set(bytes.subarray(end), start + replacement.length)
  return result
}
