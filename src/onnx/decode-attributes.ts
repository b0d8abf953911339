import { type AttributeProto, AttributeProto_AttributeType as AttributeType } from 'onnx-buf'
import type { Attribute, Attributes } from './node.js'
import { type ExternalData, tensorOf } from './tensor-proto.js'

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

/** A node's attributes. @throws where one is of a kind that Vitrine does not support, and nobody collects notes */
export function attributesOf(
  protos: readonly AttributeProto[],
  nodeName: string,
  { external, notes }: { external?: ExternalData | undefined; notes?: string[] | undefined },
): Attributes {
  const attributes: Attributes = Object.create(null)
  for (const proto of protos) {
    try {
      attributes[proto.name] = attributeOf(proto, nodeName, external)
    } catch (error) {
      if (!notes) throw error
      notes.push((error as Error).message)
    }
  }
  return attributes
}

function attributeOf(proto: AttributeProto, nodeName: string, external?: ExternalData): Attribute {
  switch (proto.type) {
    case AttributeType.INT:
      return { kind: 'int', value: Number(proto.i) }
    case AttributeType.FLOAT:
      return { kind: 'float', value: proto.f }
    case AttributeType.STRING:
      return { kind: 'string', value: text(proto.s) }
    case AttributeType.TENSOR:
      if (!proto.t) throw new Error(`attribute ${proto.name} of node ${nodeName} has no value`)
      return { kind: 'tensor', value: tensorOf(proto.t, external) }
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
