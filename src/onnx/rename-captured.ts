import {
  type AttributeProto,
  AttributeProtoSchema,
  type GraphProto,
  GraphProtoSchema,
  NodeProtoSchema,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { copyMessage } from './read-proto.js'

/**
 * A subgraph that takes values of other names from the graphs around it. Names that it defines itself are left alone,
 * though a new name may meet one of them: ONNX forbids that, and copies put prefixes before names that do not clash.
 */
export function renameCaptured(graph: GraphProto, names: ReadonlyMap<string, string>): GraphProto {
  const changed = new Map([...names].filter(([old, name]) => old !== name))
  return changed.size === 0 ? graph : renamed(graph, (name) => changed.get(name) ?? name)
}

function renamed(graph: GraphProto, rename: (name: string) => string): GraphProto {
  const attribute = (item: AttributeProto): AttributeProto =>
    item.g ? copyMessage(AttributeProtoSchema, item, { g: renamed(item.g, rename) }) : item
  return copyMessage(GraphProtoSchema, graph, {
    node: graph.node.map((node) =>
      copyMessage(NodeProtoSchema, node, { input: node.input.map(rename), attribute: node.attribute.map(attribute) }),
    ),
    output: graph.output.map((info) => copyMessage(ValueInfoProtoSchema, info, { name: rename(info.name) })),
  })
}
