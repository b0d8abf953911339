import { create, toBinary } from '@bufbuild/protobuf'
import {
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  type SparseTensorProto,
  SparseTensorProtoSchema,
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
import { attributeProtos } from './encode-attributes.js'
import type { Graph } from './graph.js'
import type { Node, Value } from './node.js'
import { copyMessage } from './read-proto.js'
import { arrayLength, bytesOf, bytesPerElement, bytesPerItem, dataTypes, elementCount, type Tensor } from './tensor.js'
import { type ExternalEntry, tensorPieces } from './tensor-proto.js'
import { joinBytes, lengthDelimited } from './wire.js'
import { protoPieces } from './write-proto.js'

/** Smaller tensors stay in the model file: shapes are inferred from them, and other tools look no further. */
const smallestExternal = 1024

/** protobuf cannot hold a message of 2 GiB; past this, weights go into a file of their own. */
export const largestModelFile = 2 ** 31 - 2 ** 20

/** A model in one piece, or with its weights in a second file that has to lie beside it. */
export interface EncodedModel {
  model: Uint8Array
  /** The second file's bytes, in order; each piece is a view of an initializer, read only now, or padding. */
  external?: Iterable<Uint8Array>
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
  for (const value of graph.initializers.values())
    if (value.numbers) total += elementCount(value.shape as number[]) * bytesPerElement(value.dtype)
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
  const values: Value[] = []
  let offset = 0
  const model = encodeWith(graph, (value, length) => {
    const entry = { location: externalName, offset, length }
    values.push(value)
    offset += length + paddingOf(length)
    return entry
  })
  return { model, external: { [Symbol.iterator]: () => alignedPieces(values) } }
}

function* alignedPieces(values: readonly Value[]): Iterator<Uint8Array> {
  for (const value of values) {
    const bytes = bytesOf(value.data!)
    yield bytes
    yield new Uint8Array(paddingOf(bytes.length))
  }
}

const paddingOf = (length: number) => -length & 4095

/** The graph for a runtime that takes external data from memory, which saves two copies of all weights. */
export function encodeInMemory(graph: Graph): ModelInMemory {
  const names = new Map<ArrayBufferLike, string>()
  const model = encodeWith(graph, (value, length) => {
    const { buffer, byteOffset } = value.data!
    const location = names.get(buffer) ?? `memory${names.size}`
    names.set(buffer, location)
    return { location, offset: byteOffset, length }
  })
  return { model, externalData: Object.fromEntries([...names].map(([buffer, name]) => [name, new Uint8Array(buffer)])) }
}

/** The graph with weights left in the files, named in `files`, that the memory they are in was read from. */
export function encodeMapped(graph: Graph, files: ReadonlyMap<ArrayBufferLike, string>): Uint8Array {
  return encodeWith(graph, (value, length) => {
    const { buffer, byteOffset } = value.data!
    const location = files.get(buffer)
    return location === undefined ? undefined : { location, offset: byteOffset, length }
  })
}

/** The model's bytes; `place` says where else the bytes of larger initializers are, where they are not to be in it. */
function encodeWith(graph: Graph, place: (value: Value, length: number) => ExternalEntry | undefined): Uint8Array {
  const initializers = [...graph.initializers.values()].flatMap((value) => {
    const { name, numbers, asInFile } = value
    if (!numbers) return asInFile?.$typeName === 'onnx.TensorProto' ? [tensorAsInFile(name, asInFile)] : []
    const shape = value.shape as number[]
    const length = arrayLength(value.dtype, elementCount(shape)) * bytesPerItem(value.dtype)
    const external = length < smallestExternal ? undefined : place(value, length)
    return [tensorPieces(name, value as Tensor, external)]
  })
  return joinBytes(modelPieces(graph, initializers))
}

const tensorAsInFile = (name: string, tensor: TensorProto) => [
  ...protoPieces(TensorProtoSchema, copyMessage(TensorProtoSchema, tensor, { name })),
]

/** The file in pieces, its fields in the usual order; `initializers` are written already, each in pieces. */
function modelPieces(graph: Graph, initializers: readonly Uint8Array[][]): Uint8Array[] {
  const head = create(ModelProtoSchema, {
    // The file format's version that came with each opset; older runtimes refuse newer ones.
    irVersion: BigInt(irVersionOf(graph.opset)),
    producerName: 'vitrine',
  })
  const nodes = create(GraphProtoSchema, { name: graph.name, node: graph.nodes.map(nodeProto) })
  const values = create(GraphProtoSchema, {
    input: graph.inputs.map(valueInfo),
    output: graph.outputs.map(valueInfo),
    valueInfo: graph.nodes
      .flatMap((node) => node.outputs)
      .flatMap((value) => (value?.declared && !graph.outputs.includes(value) ? valueInfo(value) : [])),
    sparseInitializer: [...graph.initializers.values()].flatMap(sparseTensor),
  })
  const tail = create(ModelProtoSchema, {
    opsetImport: [['', graph.opset] as const, ...graph.domains].map(([domain, version]) =>
      create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
    ),
    metadataProps: entries([...graph.metadata]),
  })
  const graphPieces = [
    ...protoPieces(GraphProtoSchema, nodes),
    ...initializers.flatMap((pieces) => lengthDelimited(GraphProtoSchema.field.initializer, pieces)),
    toBinary(GraphProtoSchema, values),
  ]
  return [
    toBinary(ModelProtoSchema, head),
    ...lengthDelimited(ModelProtoSchema.field.graph, graphPieces),
    toBinary(ModelProtoSchema, tail),
  ]
}

/** The file format's version that came with an opset. */
function irVersionOf(opset: number): number {
  const [, version] = irVersions.find(([since]) => opset >= since) ?? [0, 7]
  return version
}

const irVersions: readonly (readonly [opset: number, version: number])[] = [
  [25, 13],
  [24, 12],
  [23, 11],
  [21, 10],
  [19, 9],
  [15, 8],
]

function sparseTensor({ name, asInFile }: Value): SparseTensorProto[] {
  if (asInFile?.$typeName !== 'onnx.SparseTensorProto') return []
  const values = copyMessage(TensorProtoSchema, asInFile.values!, { name })
  return [copyMessage(SparseTensorProtoSchema, asInFile, { values })]
}

const entries = (pairs: readonly (readonly [string, string])[]) =>
  pairs.map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }))

function valueInfo(value: Value): ValueInfoProto {
  const { declared, name } = value
  if (!declared || '$typeName' in declared)
    return create(ValueInfoProtoSchema, { name, ...(declared && { type: declared }) })
  const dim = shapeDims(declared.shape)
  const tensorType = create(TypeProto_TensorSchema, {
    elemType: dataTypes[declared.dtype],
    shape: create(TensorShapeProtoSchema, { dim }),
  })
  return create(ValueInfoProtoSchema, {
    name,
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
    input: node.args.map((input) => input?.name ?? ''),
    output: node.outputs.map((output) => output?.name ?? ''),
    attribute: attributeProtos(node),
  })
}
