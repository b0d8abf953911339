import { create, toBinary } from '@bufbuild/protobuf'
import {
  TensorProto_DataLocation as DataLocation,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
} from 'onnx-buf'
import {
  allocate,
  bytesOf,
  bytesPerElement,
  type DType,
  dataTypes,
  dtypeOfNumber,
  elementCount,
  type Tensor,
  type TypedArray,
  viewBytes,
} from './tensor.js'
import { lengthDelimited } from './wire.js'

/** The bytes of a file that holds weights outside the model file, by its path relative to it. */
export type ExternalData = (location: string) => Uint8Array

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

/** Reads the numbers from wherever the exporter put them: raw bytes, a typed list or an external file. */
export function tensorOf(proto: TensorProto, externalData?: ExternalData): Tensor {
  const dtype = dtypeOf(proto.dataType)
  const shape = proto.dims.map(Number)
  if (shape.some((size) => size < 0)) throw new Error(`tensor ${proto.name} has the impossible shape [${shape}]`)
  const data = dataOf(proto, dtype, elementCount(shape), externalData)
  return { dtype, shape, data }
}

/** Sizes are compared before anything is allocated: a damaged file may claim any. */
function dataOf(proto: TensorProto, dtype: DType, count: number, externalData?: ExternalData): TypedArray {
  const requireCount = (found: number) => {
    if (found !== count)
      throw new Error(`tensor ${proto.name} has ${found} elements, but its shape is [${proto.dims.join(', ')}]`)
  }
  const isExternal = proto.dataLocation === DataLocation.EXTERNAL
  if (isExternal || proto.rawData.length > 0) {
    const bytes = isExternal ? externalBytes(proto, externalData) : proto.rawData
    requireCount(bytes.length / bytesPerElement(dtype))
    return viewBytes(dtype, bytes)
  }
  const lists = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data]
  const list = lists.find((items) => items.length > 0) ?? []
  requireCount(list.length)
  const data = allocate(dtype, count)
  const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
  for (const [i, item] of list.entries()) data[i] = isBig ? BigInt(item) : Number(item)
  return data
}

function externalBytes(proto: TensorProto, externalData?: ExternalData): Uint8Array {
  const location = locationOf(proto)!
  if (!externalData) throw new Error(`its weights lie in the file ${location}, which was not given`)
  const bytes = externalData(location)
  const offset = Number(externalEntry(proto, 'offset') ?? 0)
  const length = Number(externalEntry(proto, 'length') ?? bytes.length - offset)
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
    throw new Error(`tensor ${proto.name} lies outside the file ${location}`)
  return bytes.subarray(offset, offset + length)
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
