import {
  type AttributeProto,
  AttributeProtoSchema,
  type FunctionProto,
  type GraphProto,
  GraphProtoSchema,
  type NodeProto,
  NodeProtoSchema,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from 'onnx-buf'
import { domainOf } from './decode-types.js'
import { copyMessage } from './read-proto.js'

/** Functions that call others twice, which call others twice, grow without bound. */
const mostNodes = 2 ** 16

/** Each level takes several frames of the stack. */
const deepestCall = 200

/**
 * The graph with every call of a function that the file defines replaced by the function's nodes, subgraphs included.
 * Values inside get the name of the calling node in front. The graph given stays as it is.
 * @throws where a function calls itself, or the calls add up to more nodes than a computer wants to see
 */
export function inlineFunctions(graph: GraphProto, functions: readonly FunctionProto[]): GraphProto {
  return functions.length === 0 ? graph : new Inliner(graph, functions).graph(graph)
}

/** What the names and attributes of a function's body stand for in one call. */
interface Call {
  rename: (name: string) => string
  attributes: ReadonlyMap<string, AttributeProto>
}

class Inliner {
  private readonly functions: ReadonlyMap<string, FunctionProto>
  private readonly takenPrefixes: Set<string>
  private readonly calling: string[] = []
  private nodeCount = 0

  constructor(graph: GraphProto, functions: readonly FunctionProto[]) {
    this.functions = new Map(functions.map((item) => [keyOf(item.domain, item.name, item.overload), item]))
    this.takenPrefixes = new Set(namesOf(graph).flatMap(prefixesOf))
  }

  graph(graph: GraphProto, call?: Call): GraphProto {
    const inner: ValueInfoProto[] = []
    const node = graph.node.flatMap((item) => this.node(item, inner, call))
    if (!call) return copyMessage(GraphProtoSchema, graph, { node, valueInfo: [...graph.valueInfo, ...inner] })
    const renamed = (infos: readonly ValueInfoProto[]) => infos.map((info) => renamedInfo(info, call.rename))
    return copyMessage(GraphProtoSchema, graph, {
      node,
      input: renamed(graph.input),
      output: renamed(graph.output),
      valueInfo: [...renamed(graph.valueInfo), ...inner],
      initializer: graph.initializer.map((tensor) =>
        copyMessage(TensorProtoSchema, tensor, { name: call.rename(tensor.name) }),
      ),
    })
  }

  /** The nodes in place of one: itself, or the body of the function that it calls. Types inside go to `infos`. */
  private node(original: NodeProto, infos: ValueInfoProto[], call?: Call): NodeProto[] {
    const node = this.bound(original, call)
    const key = keyOf(node.domain, node.opType, node.overload)
    const called = this.functions.get(key)
    if (!called) return [node]
    if (this.calling.includes(key)) throw new Error(`its function ${called.name} calls itself`)
    if (this.calling.length >= deepestCall) throw new Error(`its functions call each other over ${deepestCall} deep`)
    this.nodeCount += called.node.length
    if (this.nodeCount > mostNodes) throw new Error(`its functions add up to over ${mostNodes} nodes`)
    const inside = this.callOf(node, called)
    infos.push(...called.valueInfo.map((info) => renamedInfo(info, inside.rename)))
    this.calling.push(key)
    const body = called.node.flatMap((item) => this.node(item, infos, inside))
    this.calling.pop()
    return body
  }

  private callOf(node: NodeProto, called: FunctionProto): Call {
    const prefix = this.freshPrefix(node.name || node.opType)
    const names = new Map<string, string>()
    for (const [i, name] of called.input.entries()) names.set(name, node.input[i] ?? '')
    for (const [i, name] of called.output.entries()) if (node.output[i]) names.set(name, node.output[i])
    return {
      rename: (name) => names.get(name) ?? (name && prefix + name),
      attributes: new Map([...called.attributeProto, ...node.attribute].map((item) => [item.name, item])),
    }
  }

  private freshPrefix(name: string): string {
    let prefix = `${name}/`
    for (let i = 1; this.takenPrefixes.has(prefix); i++) prefix = `${name}_${i}/`
    this.takenPrefixes.add(prefix)
    return prefix
  }

  /** A node of a function's body as it is in one call; outside of functions, the node with its subgraphs inlined. */
  private bound(node: NodeProto, call?: Call): NodeProto {
    if (!call && !node.attribute.some(({ g, graphs }) => g || graphs.length > 0)) return node
    const attribute = node.attribute.flatMap((item) => this.attribute(item, call))
    if (!call) return copyMessage(NodeProtoSchema, node, { attribute })
    const { rename } = call
    return copyMessage(NodeProtoSchema, node, {
      name: node.name && rename(node.name),
      input: node.input.map(rename),
      output: node.output.map(rename),
      attribute,
    })
  }

  private attribute(attribute: AttributeProto, call?: Call): AttributeProto[] {
    if (attribute.refAttrName) {
      const given = call?.attributes.get(attribute.refAttrName)
      return given ? [copyMessage(AttributeProtoSchema, given, { name: attribute.name })] : []
    }
    const { g, graphs } = attribute
    if (!g && graphs.length === 0) return [attribute]
    return [
      copyMessage(AttributeProtoSchema, attribute, {
        ...(g && { g: this.graph(g, call) }),
        graphs: graphs.map((item) => this.graph(item, call)),
      }),
    ]
  }
}

const keyOf = (domain: string, name: string, overload: string) => [domainOf(domain), name, overload].join('\0')

const renamedInfo = (info: ValueInfoProto, rename: (name: string) => string): ValueInfoProto =>
  copyMessage(ValueInfoProtoSchema, info, { name: rename(info.name) })

/** The names of all values and nodes, those of subgraphs included. */
const namesOf = (graph: GraphProto): string[] => [
  ...[...graph.input, ...graph.initializer].map(({ name }) => name),
  ...graph.node.flatMap((node) => [
    node.name,
    ...node.output,
    ...node.attribute.flatMap(({ g, graphs }) => [...(g ? [g] : []), ...graphs].flatMap(namesOf)),
  ]),
]

/** `a/` and `a/b/` of `a/b/c`. */
const prefixesOf = (name: string): string[] => Array.from(name.matchAll(/\//g), ({ index }) => name.slice(0, index + 1))
