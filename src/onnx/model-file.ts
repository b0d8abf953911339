import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataLocation as DataLocation,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import type { Dim } from './dim.js'
import { Graph } from './graph.js'
import { type Attribute, type Attributes, Node, type TensorType, type Value } from './node.js'
import { allocate, bytesOf, type DType, dataTypes, elementCount, type Tensor, viewBytes } from './tensor.js'

/** Bytes of a tensor kept outside the model file, by the file's name as the model gives it. */
export type ExternalData = (location: string) => Uint8Array

/** protobuf cannot hold a message of 2 GiB; past this, weights go into a file of their own. */
export const largestModelFile = 2 ** 31 - 2 ** 20

/** A model in one piece, or with its weights in a second file that has to lie beside it. */
export interface EncodedModel {
  model: Uint8Array
  /** The second file's bytes, in order; each piece is a view of an initializer or padding. */
  external?: readonly Uint8Array[]
}

/** The size of all initializers in bytes. */
export function weightBytes(graph: Graph): number {
  let total = 0
  for (const value of graph.initializers.values()) total += value.data!.byteLength
  return total
}

/** The graph as the bytes of an `.onnx` file. @throws where the weights need an external file (over 2 GB) */
export function encodeModel(graph: Graph): Uint8Array {
  return encodeModelFiles(graph).model
}

/**
 * The graph as the bytes of an `.onnx` file, whose initializers lie in a second file called `externalName` if one is
 * given (ONNX external data; offsets aligned to 4096 bytes so that it can be mapped into memory).
 */
export function encodeModelFiles(graph: Graph, externalName?: string): EncodedModel {
  if (!externalName && weightBytes(graph) > largestModelFile)
    throw new Error('the weights are over 2 GB and need a file of their own beside the .onnx file')
  const external: Uint8Array[] = []
  let offset = 0
  const initializer = [...graph.initializers.values()].map((value) => {
    const proto = tensorProto(
      value.name,
      { dtype: value.dtype, shape: value.shape as number[], data: value.data! },
      !externalName,
    )
    const size = value.data!.byteLength
    if (!externalName) return proto
    const padding = -size & 4095
    proto.dataLocation = DataLocation.EXTERNAL
    proto.externalData = entries([
      ['location', externalName],
      ['offset', String(offset)],
      ['length', String(size)],
    ])
    external.push(bytesOf(value.data!), new Uint8Array(padding))
    offset += size + padding
    return proto
  })
  const model = create(ModelProtoSchema, {
    // The file format's version that came with each opset; older runtimes refuse newer ones.
    irVersion: BigInt(graph.opset >= 21 ? 10 : graph.opset >= 19 ? 9 : graph.opset >= 15 ? 8 : 7),
    producerName: 'vitrine',
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: BigInt(graph.opset) })],
    metadataProps: entries([...graph.metadata]),
    graph: create(GraphProtoSchema, {
      name: graph.name,
      node: graph.nodes.map(nodeProto),
      initializer,
      input: graph.inputs.map(valueInfo),
      output: graph.outputs.map(valueInfo),
      valueInfo: graph.nodes
        .flatMap((node) => node.outputs)
        .flatMap((value) => (value?.isTyped && !graph.outputs.includes(value) ? valueInfo(value) : [])),
    }),
  })
  return { model: toBinary(ModelProtoSchema, model), ...(externalName ? { external } : {}) }
}

/**
 * Reads an `.onnx` file. Shapes are inferred anew, so that a graph from any exporter can be worked on like our own.
 * @throws Error in one sentence where the bytes are no ONNX model, or use what Vitrine does not support
 */
export function decodeModel(bytes: Uint8Array, externalData?: ExternalData): Graph {
  const model = parse(bytes)
  const proto = model.graph
  if (!proto || model.opsetImport.length === 0) throw new Error('it is not an ONNX model: it has no graph')
  const opset = Number(
    model.opsetImport.find((entry) => entry.domain === '' || entry.domain === 'ai.onnx')?.version ?? 1,
  )
  if (opset < 11) throw new Error(`it uses opset ${opset}, and Vitrine reads opset 11 and newer`)
  const graph = new Graph({ opset, name: proto.name })
  for (const entry of model.metadataProps) graph.metadata.set(entry.key, entry.value)
  const values = new Map<string, Value>()
  const constants = new Set(proto.initializer.map((initializer) => initializer.name))
  for (const initializer of proto.initializer) {
    const { dtype, shape, data } = tensorOf(initializer, externalData)
    values.set(initializer.name, graph.initializer(initializer.name, dtype, shape, data))
  }
  for (const info of proto.input) {
    if (constants.has(info.name)) continue
    const type = typeOf(info)
    if (!type) throw new Error(`its input ${info.name} is not a tensor`)
    values.set(info.name, graph.input(info.name, type.dtype, type.shape))
  }
  const declared = new Map([...proto.valueInfo, ...proto.output].map((info) => [info.name, typeOf(info)]))
  for (const item of proto.node) {
    const inputs = item.input.map((name) => {
      if (name === '') return undefined
      const value = values.get(name)
      if (!value) throw new Error(`node ${item.name || item.opType} uses ${name}, which nothing before it computes`)
      return value
    })
    const domain = item.domain === 'ai.onnx' ? '' : item.domain
    const node = new Node(graph, item.opType, item.name, inputs, attributesOf(item.attribute, item.name), domain)
    const outputs = graph.append(
      node,
      item.output,
      item.output.map((name) => declared.get(name)),
    )
    for (const output of outputs) if (output) values.set(output.name, output)
  }
  for (const info of proto.output) {
    const value = values.get(info.name)
    if (!value) throw new Error(`its output ${info.name} is never computed`)
    graph.output(info.name, value)
  }
  return graph
}

function parse(bytes: Uint8Array) {
  try {
    return fromBinary(ModelProtoSchema, bytes)
  } catch {
    throw new Error('it is not an ONNX model, or it is cut short')
  }
}

const entries = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))

function tensorProto(name: string, { dtype, shape, data }: Tensor, inline = true): TensorProto {
  return create(TensorProtoSchema, {
    name,
    dataType: dataTypes[dtype],
    dims: shape.map(BigInt),
    ...(inline ? { rawData: bytesOf(data) as Uint8Array<ArrayBuffer> } : {}),
  })
}

function valueInfo(value: Value): ValueInfoProto {
  const dim = shapeDims(value.shape)
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: dataTypes[value.dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  })
  return create(ValueInfoProtoSchema, {
    name: value.name,
    type: create(TypeProtoSchema, { value: { case: 'tensorType', value: tensorType } }),
  })
}

function shapeDims(shape: readonly Dim[]) {
  return shape.map((dim) =>
    create(TensorShapeProto_DimensionSchema, {
      value: typeof dim === 'number' ? { case: 'dimValue', value: BigInt(dim) } : { case: 'dimParam', value: dim },
    }),
  )
}

function nodeProto(node: Node) {
  return create(NodeProtoSchema, {
    name: node.name,
    opType: node.op,
    domain: node.domain,
    input: node.inputs.map((input) => input?.name ?? ''),
    output: node.outputs.map((output) => output?.name ?? ''),
    attribute: Object.entries(node.attributes).map(([name, attribute]) => attributeProto(name, attribute)),
  })
}

const text = {
  encode: (s: string) => new TextEncoder().encode(s),
  decode: (b: Uint8Array) => new TextDecoder().decode(b),
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  switch (attribute.kind) {
    case 'int':
      return Object.assign(proto, { type: AttributeType.INT, i: BigInt(attribute.value) })
    case 'float':
      return Object.assign(proto, { type: AttributeType.FLOAT, f: attribute.value })
    case 'string':
      return Object.assign(proto, { type: AttributeType.STRING, s: text.encode(attribute.value) })
    case 'tensor':
      return Object.assign(proto, { type: AttributeType.TENSOR, t: tensorProto('', attribute.value) })
    case 'ints':
      return Object.assign(proto, { type: AttributeType.INTS, ints: attribute.value.map(BigInt) })
    case 'floats':
      return Object.assign(proto, { type: AttributeType.FLOATS, floats: [...attribute.value] })
    case 'strings':
      return Object.assign(proto, { type: AttributeType.STRINGS, strings: attribute.value.map(text.encode) })
  }
}

function attributesOf(protos: readonly AttributeProto[], nodeName: string): Attributes {
  const attributes: Attributes = Object.create(null)
  for (const proto of protos) attributes[proto.name] = attributeOf(proto, nodeName)
  return attributes
}

function attributeOf(proto: AttributeProto, nodeName: string): Attribute {
  switch (proto.type) {
    case AttributeType.INT:
      return { kind: 'int', value: Number(proto.i) }
    case AttributeType.FLOAT:
      return { kind: 'float', value: proto.f }
    case AttributeType.STRING:
      return { kind: 'string', value: text.decode(proto.s) }
    case AttributeType.TENSOR:
      return { kind: 'tensor', value: tensorOf(proto.t!) }
    case AttributeType.INTS:
      return { kind: 'ints', value: proto.ints.map(Number) }
    case AttributeType.FLOATS:
      return { kind: 'floats', value: proto.floats }
    case AttributeType.STRINGS:
      return { kind: 'strings', value: proto.strings.map(text.decode) }
    default:
      throw new Error(`attribute ${proto.name} of node ${nodeName} is of a kind that Vitrine does not support`)
  }
}

function typeOf(info: ValueInfoProto): TensorType | undefined {
  const type = info.type?.value
  if (type?.case !== 'tensorType' || !type.value.shape) return undefined
  const shape = type.value.shape.dim.map(({ value }, i): Dim => {
    if (value.case === 'dimValue') return Number(value.value)
    return value.case === 'dimParam' && value.value ? value.value : `${info.name}_${i}`
  })
  return { dtype: dtypeOf(type.value.elemType), shape }
}

function dtypeOf(number: number): DType {
  const dtype = (Object.keys(dataTypes) as DType[]).find((name) => dataTypes[name] === number)
  if (!dtype) throw new Error(`it has tensors of element type ${number}, which Vitrine does not support`)
  return dtype
}

/** Reads the numbers from wherever the exporter put them: raw bytes, a typed list or an external file. */
function tensorOf(proto: TensorProto, externalData?: ExternalData): Tensor {
  const dtype = dtypeOf(proto.dataType)
  const shape = proto.dims.map(Number)
  const count = elementCount(shape)
  let data = allocate(dtype, 0)
  if (proto.dataLocation === DataLocation.EXTERNAL) data = externalTensor(proto, dtype, externalData)
  else if (proto.rawData.length > 0) data = viewBytes(dtype, proto.rawData)
  else {
    data = allocate(dtype, count)
    const list = [proto.floatData, proto.int32Data, proto.int64Data, proto.doubleData, proto.uint64Data].find(
      (items) => items.length > 0,
    )
    const isBig = data instanceof BigInt64Array || data instanceof BigUint64Array
    list?.forEach((item, i) => {
      data[i] = isBig ? BigInt(item) : Number(item)
    })
  }
  if (data.length !== count)
    throw new Error(`tensor ${proto.name} has ${data.length} elements, but its shape is [${shape}]`)
  return { dtype, shape, data }
}

function externalTensor(proto: TensorProto, dtype: DType, externalData?: ExternalData) {
  const entry = (key: string) => proto.externalData.find((item) => item.key === key)?.value
  const location = entry('location')
  if (!location || !externalData) throw new Error(`its weights lie in the file ${location}, which was not given`)
  const bytes = externalData(location)
  const offset = Number(entry('offset') ?? 0)
  const length = Number(entry('length') ?? bytes.length - offset)
  if (!(offset >= 0 && length >= 0 && offset + length <= bytes.length))
    throw new Error(`tensor ${proto.name} lies outside the file ${location}`)
  return viewBytes(dtype, bytes.subarray(offset, offset + length))
}
