import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
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
import { bytesOf, dataTypes, toInt64 } from './tensor.js'
import {
  dtypeOf,
  type ExternalData,
  type ExternalEntry,
  locationOf,
  tensorOf,
  tensorPieces,
  tensorProto,
} from './tensor-proto.js'
import { joinBytes, lengthDelimited } from './wire.js'

/** Smaller tensors stay in the model file: shapes are inferred from them, and other tools look no further. */
const smallestExternal = 1024

/** protobuf cannot hold a message of 2 GiB; past this, weights go into a file of their own. */
export const largestModelFile = 2 ** 31 - 2 ** 20

/** A model in one piece, or with its weights in a second file that has to lie beside it. */
export interface EncodedModel {
  model: Uint8Array
  /** The second file's bytes, in order; each piece is a view of an initializer or padding. */
  external?: readonly Uint8Array[]
}

/** A model for a runtime in the same process: its weights stay in the memory that the graph has them in. */
export interface ModelInMemory {
  model: Uint8Array
  /** The memory, by the file name that `model` gives it. */
  externalData: Record<string, Uint8Array>
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
 * The graph as the bytes of an `.onnx` file, whose larger initializers lie in a second file called `externalName` if
 * one is given (ONNX external data; offsets aligned to 4096 bytes so that it can be mapped into memory).
 */
export function encodeModelFiles(graph: Graph, externalName?: string): EncodedModel {
  if (!externalName && weightBytes(graph) > largestModelFile)
    throw new Error('the weights are over 2 GB and need a file of their own beside the .onnx file')
  if (!externalName) return { model: encodeWith(graph, () => undefined) }
  const external: Uint8Array[] = []
  let offset = 0
  const model = encodeWith(graph, (bytes) => {
    const entry = { location: externalName, offset, length: bytes.length }
    const padding = -bytes.length & 4095
    external.push(bytes, new Uint8Array(padding))
    offset += bytes.length + padding
    return entry
  })
  return { model, external }
}

/** The graph for a runtime that takes external data from memory, which saves two copies of all weights. */
export function encodeInMemory(graph: Graph): ModelInMemory {
  const names = new Map<ArrayBufferLike, string>()
  const model = encodeWith(graph, ({ buffer, byteOffset, length }) => {
    const location = names.get(buffer) ?? `memory${names.size}`
    names.set(buffer, location)
    return { location, offset: byteOffset, length }
  })
  return { model, externalData: Object.fromEntries([...names].map(([buffer, name]) => [name, new Uint8Array(buffer)])) }
}

/** The graph with weights left in the files, named in `files`, that the memory they are in was read from. */
export function encodeMapped(graph: Graph, files: ReadonlyMap<ArrayBufferLike, string>): Uint8Array {
  return encodeWith(graph, ({ buffer, byteOffset, length }) => {
    const location = files.get(buffer)
    return location === undefined ? undefined : { location, offset: byteOffset, length }
  })
}

/** The model's bytes; `place` says where else the bytes of larger initializers are, where they are not to be in it. */
function encodeWith(graph: Graph, place: (bytes: Uint8Array) => ExternalEntry | undefined): Uint8Array {
  const initializers = [...graph.initializers.values()].map((value) => {
    const data = value.data!
    const tensor = { dtype: value.dtype, shape: value.shape as number[], data }
    return tensorPieces(value.name, tensor, data.byteLength < smallestExternal ? undefined : place(bytesOf(data)))
  })
  return joinBytes(modelPieces(graph, initializers))
}

/** The file in pieces, its fields in the usual order; `initializers` are written already, each in pieces. */
function modelPieces(graph: Graph, initializers: readonly Uint8Array[][]): Uint8Array[] {
  const head = create(ModelProtoSchema, {
    // The file format's version that came with each opset; older runtimes refuse newer ones.
    irVersion: BigInt(graph.opset >= 21 ? 10 : graph.opset >= 19 ? 9 : graph.opset >= 15 ? 8 : 7),
    producerName: 'vitrine',
  })
  const nodes = create(GraphProtoSchema, { name: graph.name, node: graph.nodes.map(nodeProto) })
  const values = create(GraphProtoSchema, {
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    valueInfo: graph.nodes
      .flatMap((node) => node.outputs)
      .flatMap((value) => (value?.isTyped && !graph.outputs.includes(value) ? valueInfo(value) : [])),
  })
  const tail = create(ModelProtoSchema, {
    opsetImport: [['', graph.opset] as const, ...graph.domains].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    metadataProps: entries([...graph.metadata]),
  })
  const graphPieces = [
    toBinary(GraphProtoSchema, nodes),
    ...initializers.flatMap((pieces) => lengthDelimited(GraphProtoSchema.field.initializer, pieces)),
    toBinary(GraphProtoSchema, values),
  ]
  return [
    toBinary(ModelProtoSchema, head),
    ...lengthDelimited(ModelProtoSchema.field.graph, graphPieces),
    toBinary(ModelProtoSchema, tail),
  ]
}

/** The files that a model keeps weights in besides its own, relative to it. @throws where one is outside its folder */
export function externalLocations(bytes: Uint8Array): string[] {
  const initializers = parse(bytes).graph?.initializer ?? []
  return [...new Set(initializers.flatMap((initializer) => locationOf(initializer) ?? []))]
}

/**
 * Reads an `.onnx` file. Shapes are inferred anew, so that a graph from any exporter can be worked on like our own.
 * @throws Error in one sentence where the bytes are no ONNX model, or use what Vitrine does not support
 */
export function decodeModel(bytes: Uint8Array, externalData?: ExternalData): Graph {
  const model = parse(bytes)
  const proto = model.graph
  if (!proto || model.opsetImport.length === 0) throw new Error('it is not an ONNX model: it has no graph')
  const versions = new Map(model.opsetImport.map(({ domain, version }) => [domainOf(domain), Number(version)]))
  const opset = versions.get('') ?? 1
  if (opset < 11) throw new Error(`it uses opset ${opset}, and Vitrine reads opset 11 and newer`)
  if (model.functions.length > 0)
    throw new Error('it defines functions of its own, which Vitrine does not support: inline them with onnx.inliner')
  const graph = new Graph({ opset, name: proto.name })
  for (const [domain, version] of versions) if (domain !== '') graph.domains.set(domain, version)
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
    const taken = item.output.find((name) => values.has(name))
    if (taken !== undefined) throw new Error(`two things in it are called ${taken}`)
    const attributes = attributesOf(item.attribute, item.name)
    const node = new Node(graph, item.opType, item.name, inputs, attributes, domainOf(item.domain))
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

/** The default domain has two names. */
const domainOf = (domain: string) => (domain === 'ai.onnx' ? '' : domain)

const text = {
  encode: (s: string) => new TextEncoder().encode(s),
  decode: (b: Uint8Array) => new TextDecoder().decode(b),
}

function attributeProto(name: string, attribute: Attribute): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  switch (attribute.kind) {
    case 'int':
      return Object.assign(proto, { type: AttributeType.INT, i: toInt64(attribute.value) })
    case 'float':
      return Object.assign(proto, { type: AttributeType.FLOAT, f: attribute.value })
    case 'string':
      return Object.assign(proto, { type: AttributeType.STRING, s: text.encode(attribute.value) })
    case 'tensor':
      return Object.assign(proto, { type: AttributeType.TENSOR, t: tensorProto(attribute.value) })
    case 'ints':
      return Object.assign(proto, { type: AttributeType.INTS, ints: attribute.value.map(toInt64) })
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
      if (!proto.t) throw new Error(`attribute ${proto.name} of node ${nodeName} has no value`)
      return { kind: 'tensor', value: tensorOf(proto.t) }
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
    // Some exporters write -1 for a size that they do not know.
    if (value.case === 'dimValue' && value.value >= 0n) return Number(value.value)
    return value.case === 'dimParam' && value.value ? value.value : `${info.name}_${i}`
  })
  return { dtype: dtypeOf(type.value.elemType), shape }
}
