import { fromBinary } from '@bufbuild/protobuf'
import {
  type AttributeProto,
  AttributeProto_AttributeType as AttributeType,
  ModelProtoSchema,
  type ValueInfoProto,
} from 'onnx-buf'
import type { Dim } from './dim.js'
import { Graph } from './graph.js'
import { type Attribute, type Attributes, Node, type TensorType, type Value } from './node.js'
import { dtypeOf, type ExternalData, locationOf, tensorOf } from './tensor-proto.js'

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

/** The default domain has two names. */
const domainOf = (domain: string) => (domain === 'ai.onnx' ? '' : domain)

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

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
      return { kind: 'string', value: text(proto.s) }
    case AttributeType.TENSOR:
      if (!proto.t) throw new Error(`attribute ${proto.name} of node ${nodeName} has no value`)
      return { kind: 'tensor', value: tensorOf(proto.t) }
    case AttributeType.INTS:
      return { kind: 'ints', value: proto.ints.map(Number) }
    case AttributeType.FLOATS:
      return { kind: 'floats', value: proto.floats }
    case AttributeType.STRINGS:
      return { kind: 'strings', value: proto.strings.map(text) }
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
