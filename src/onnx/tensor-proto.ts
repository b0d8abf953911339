import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  TensorProto_DataLocation as DataLocation,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf'
import { type ByteSource, sourceOf } from './byte-source.js'
import { type FileRange, rangeLeft, readRange } from './read-proto.js'
import {
  allocate,
  arrayLength,
  bytesOf,
  bytesPerElement,
  bytesPerItem,
  type DType,
  dataTypes,
  dtypeOfNumber,
  elementCount,
  type Numbers,
  type Tensor,
  type TypedArray,
  viewBytes,
} from './tensor.js'
import { joinBytes, lengthDelimited } from './wire.js'

/** The file that holds weights outside the model file, by its path relative to it. */
export type ExternalData = (location: string) => Uint8Array | ByteSource

/** Where in a second file a tensor lies, in bytes. */
export interface ExternalEntry {
  location: string
  offset: number
  length: number
}

/** The tensor as ONNX files hold it, with its bytes. */
export function tensorProto(tensor: Tensor): TensorProto {
  const proto = withoutNumbers('', tensor)
  proto.rawData = bytesOf(tensor.data) as Uint8Array<ArrayBuffer>
  return proto
}

/** The same, written and in pieces: the last one is a view of the tensor's own bytes, or says where in another file they are. */
export function tensorPieces(name: string, tensor: Tensor, external?: ExternalEntry): Uint8Array[] {
  const proto = withoutNumbers(name, tensor)
  if (!external)
    return [
      toBinary(TensorProtoSchema, proto),
      ...lengthDelimited(TensorProtoSchema.field.rawData, [bytesOf(tensor.data)]),
    ]
  proto.dataLocation = DataLocation.EXTERNAL
  proto.externalData = Object.entries(external).map(([key, value]) =>
    create(StringStringEntryProtoSchema, { key, value: String(value) }),
  )
  return [toBinary(TensorProtoSchema, proto)]
}

const withoutNumbers = (name: string, { dtype, shape }: Tensor) =>
  create(TensorProtoSchema, { name, dataType: dataTypes[dtype], dims: shape.map(BigInt) })

/** A tensor whose numbers may still lie in a file. */
export interface StoredTensor extends Omit<Tensor, 'data'> {
  numbers: Numbers
}

/** The tensor of a file; large ones that are not in memory are read when their numbers are asked for. */
export function tensorOf(proto: TensorProto, externalData?: ExternalData): Tensor {
  const { dtype, shape, numbers } = storedTensorOf(proto, externalData)
  if (typeof numbers !== 'function') return { dtype, shape, data: numbers }
  return {
    dtype,
    shape,
    get data() {
      return numbers()
    },
  }
}

/**
 * Finds the numbers wherever the exporter put them: raw bytes, a typed list or an external file. Sizes are compared before
 * anything is allocated: a damaged file may claim any.
 */
export function storedTensorOf(proto: TensorProto, externalData?: ExternalData): StoredTensor {
  const dtype = dtypeOf(proto.dataType)
  if (dtype === 'string') throw new Error(`tensor ${proto.name} holds strings, which are no numbers`)
  const shape = proto.dims.map(Number)
  if (shape.some((size) => size < 0)) throw new Error(`tensor ${proto.name} has the impossible shape [${shape}]`)
  return { dtype, shape, numbers: numbersOf(proto, dtype, elementCount(shape), externalData) }
}

/** Less than this is read at once. */
const smallestLazy = 4096

function numbersOf(proto: TensorProto, dtype: DType, count: number, externalData?: ExternalData): Numbers {
  const requireItems = (items: number) => {
    const found = items * (count / arrayLength(dtype, count) || 1)
    if (items !== arrayLength(dtype, count))
      throw new Error(`tensor ${proto.name} has ${found} elements, but its shape is [${proto.dims.join(', ')}]`)
  }
  const range = rangeOf(proto, externalData)
  if (range) {
    requireItems(range.length / bytesPerItem(dtype))
    const read = (start = 0, end = count) => {
      const from = Math.floor(start * bytesPerElement(dtype))
      return viewBytes(dtype, range.source.read(range.offset + from, Math.ceil(end * bytesPerElement(dtype)) - from))
    }
    return range.source.isInMemory || range.length < smallestLazy ? read() : read
  }
  for (const name of listFields) {
    const left = rangeLeft(proto, name)
    if (!left) continue
    // Every number takes a byte at least.
    if (left.length < arrayLength(dtype, count)) requireItems(left.length)
    return (start, end) => (numbersOf(readListLeft(name, left), dtype, count) as TypedArray).subarray(start, end)
  }
  const list = listFields.map((name) => proto[name]).find((items) => items.length > 0) ?? []
  requireItems(list.length)
  const data = allocate(dtype, count)
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  if (isBig && !list.every((item) => typeof item === 'bigint' || Number.isInteger(item)))
    throw new Error(`tensor ${proto.name} has fractions, but its elements are ${dtype}`)
  for (const [i, item] of list.entries()) data[i] = isBig ? BigInt(item) : Number(item)
  return data
}

/** Where the bytes of a tensor lie, but for those in lists of numbers. */
function rangeOf(proto: TensorProto, externalData?: ExternalData): FileRange | undefined {
  if (proto.dataLocation === DataLocation.EXTERNAL) return externalRange(proto, externalData)
  // Lists of floats are packed, and so look like raw bytes.
  const left = ['rawData', 'floatData', 'doubleData'].flatMap((name) => rangeLeft(proto, name) ?? [])[0]
  if (left || proto.rawData.length === 0) return left
  return { source: sourceOf(proto.rawData), offset: 0, length: proto.rawData.length }
}

const listFields = ['floatData', 'int32Data', 'int64Data', 'doubleData', 'uint64Data'] as const

/** A tensor with a list of numbers that was left in its file. */
function readListLeft(name: (typeof listFields)[number], range: FileRange): TensorProto {
  return fromBinary(TensorProtoSchema, joinBytes(lengthDelimited(TensorProtoSchema.field[name], [readRange(range)])))
}

function externalRange(proto: TensorProto, externalData?: ExternalData): FileRange {
  const location = locationOf(proto)!
  if (!externalData) throw new Error(`its weights lie in the file ${location}, which was not given`)
  const source = sourceOf(externalData(location))
  const offset = Number(externalEntry(proto, 'offset') ?? 0)
  const length = Number(externalEntry(proto, 'length') ?? source.size - offset)
  const isInside = Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= source.size
  if (!isInside) throw new Error(`tensor ${proto.name} lies outside the file ${location}`)
  return { source, offset, length }
}

const externalEntry = (proto: TensorProto, key: string) => proto.externalData.find((item) => item.key === key)?.value

/** The file that a tensor lies in, relative to its model; none where the model holds it. @throws where it is outside the folder */
export function locationOf(proto: TensorProto): string | undefined {
  if (proto.dataLocation !== DataLocation.EXTERNAL) return undefined
  const location = externalEntry(proto, 'location')
  if (!location) throw new Error(`tensor ${proto.name} lies in another file, which it does not name`)
  if (/^[/\\]|^\w:|(^|[/\\])\.\.([/\\]|$)/.test(location))
    throw new Error(`tensor ${proto.name} lies in ${location}, which is outside the model's folder`)
  return location
}

/** The element type that a number of `TensorProto.DataType` stands for. */
export function dtypeOf(number: number): DType {
  const dtype = dtypeOfNumber(number)
  if (!dtype) throw new Error(`it has tensors of element type ${number}, which Vitrine does not support`)
  return dtype
}
