import { create } from '@bufbuild/protobuf'
import { type AttributeProto, AttributeProtoSchema, AttributeProto_AttributeType as AttributeType } from 'onnx-buf'
import type { Attribute, Node } from './node.js'
import { copyMessage } from './read-proto.js'
import { renameCaptured } from './rename-captured.js'
import { toInt64 } from './tensor.js'
import { tensorProto } from './tensor-proto.js'

/** A node's attributes as ONNX files hold them. */
export function attributeProtos(node: Node): AttributeProto[] {
  let next = node.args.length
  return Object.entries(node.attributes).map(([name, attribute]) => {
    if (attribute.kind !== 'graph') return attributeProto(name, attribute)
    const { proto, captured } = attribute.value
    // What a subgraph captures may be called otherwise in a copy of the graph around it.
    const names = new Map(captured.map((old) => [old, node.inputs[next++]!.name]))
    return Object.assign(create(AttributeProtoSchema, { name }), {
      type: AttributeType.GRAPH,
      g: renameCaptured(proto, names),
    })
  })
}

const utf8 = (text: string) => new TextEncoder().encode(text)

function attributeProto(name: string, attribute: Exclude<Attribute, { kind: 'graph' }>): AttributeProto {
  const proto = create(AttributeProtoSchema, { name })
  switch (attribute.kind) {
    case 'int':
      return Object.assign(proto, { type: AttributeType.INT, i: toInt64(attribute.value) })
    case 'float':
      return Object.assign(proto, { type: AttributeType.FLOAT, f: attribute.value })
    case 'string':
      return Object.assign(proto, { type: AttributeType.STRING, s: utf8(attribute.value) })
    case 'tensor':
      return Object.assign(proto, { type: AttributeType.TENSOR, t: tensorProto(attribute.value) })
    case 'ints':
      return Object.assign(proto, { type: AttributeType.INTS, ints: attribute.value.map(toInt64) })
    case 'floats':
      return Object.assign(proto, { type: AttributeType.FLOATS, floats: [...attribute.value] })
    case 'strings':
      return Object.assign(proto, { type: AttributeType.STRINGS, strings: attribute.value.map(utf8) })
    case 'proto':
      return copyMessage(AttributeProtoSchema, attribute.value, { name })
  }
}
