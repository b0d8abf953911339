import type { GraphProto, ModelProto, NodeProto, SparseTensorProto, TensorProto, ValueInfoProto } from 'onnx-buf'
import { decodeAttribute } from './decode-attributes.js'
import { declaredType, domainOf } from './decode-types.js'
import { Graph } from './graph.js'
import { type Attributes, type DeclaredType, Node, type Subgraph, type TensorType, Value } from './node.js'
import { sortNodes } from './sort-nodes.js'
import { dtypeOfNumber } from './tensor.js'
import { type ExternalData, storedTensorOf } from './tensor-proto.js'

export interface DecodeOptions {
  /** Opens the files beside the model that hold weights. */
  external?: ExternalData | undefined
  /** Where given, what Vitrine does not know is kept as it is in the file and noted here, not refused. */
  notes?: string[] | undefined
}

/** The version of each operator domain that a file uses; `''` is the default one. */
export const opsetsOf = (model: ModelProto): Map<string, number> =>
  new Map(model.opsetImport.map(({ domain, version }) => [domainOf(domain), Number(version)]))

/** A graph of the model, with shapes inferred anew. @throws Error in one sentence where it is broken */
export function decodeGraph(model: ModelProto, proto: GraphProto, options: DecodeOptions): Graph {
  const opsets = opsetsOf(model)
  const graph = new Graph({ opset: opsets.get('') ?? 1, name: proto.name, notes: options.notes })
  for (const [domain, version] of opsets) if (domain !== '') graph.domains.set(domain, version)
  for (const entry of model.metadataProps) graph.metadata.set(entry.key, entry.value)
  new GraphDecoder(graph, options).decode(proto)
  return graph
}

/** A graph inside a node shares the symbols for unknown sizes with the one around it. */
class InnerGraph extends Graph {
  constructor(private readonly outer: Graph) {
    super({ opset: outer.opset, notes: outer.notes })
  }

  override unknownDim(): string {
    return this.outer.unknownDim()
  }
}

class GraphDecoder {
  private readonly values = new Map<string, Value>()
  /** Of a subgraph: what it takes from the graphs around it. */
  private readonly captured = new Map<string, Value>()

  constructor(
    private readonly graph: Graph,
    private readonly options: DecodeOptions,
    private readonly outer?: GraphDecoder,
  ) {}

  decode(proto: GraphProto): void {
    const { graph } = this
    for (const tensor of proto.initializer) this.define(tensor.name, this.initializer(tensor))
    for (const sparse of proto.sparseInitializer) this.sparseInitializer(sparse)
    for (const info of proto.input) if (!graph.initializers.has(info.name)) this.define(info.name, this.input(info))
    const declared = new Map([...proto.valueInfo, ...proto.output].map((info) => [info.name, info]))
    for (const item of this.sorted(proto)) this.node(item, declared)
    for (const { name } of proto.output) {
      const value = this.find(name)
      if (!value) throw new Error(`its output ${name} is never computed`)
      if (value.graph === graph) graph.output(name, value)
      // A branch may hand out a value from around it as it is.
      else graph.outputs.push(value)
    }
  }

  private sorted({ name, node }: GraphProto): readonly NodeProto[] {
    const { notes } = this.options
    const sorted = notes ? sortNodes(node) : node
    if (sorted !== node) notes?.push(`nodes of its graph ${name} come before what they use: they were put in order`)
    return sorted
  }

  private find(name: string): Value | undefined {
    const own = this.values.get(name)
    if (own) return own
    const outer = this.outer?.find(name)
    if (outer) this.captured.set(name, outer)
    return outer
  }

  private define(name: string, value: Value) {
    this.values.set(name, value)
  }

  private initializer(tensor: TensorProto): Value {
    const { graph, options } = this
    if (options.notes && (tensor.dataType === 8 || !dtypeOfNumber(tensor.dataType))) {
      const dtype = dtypeOfNumber(tensor.dataType)
      if (!dtype) options.notes.push(`${tensor.name} is of element type ${tensor.dataType}, which is not known`)
      const type: TensorType | undefined = dtype && { dtype, shape: tensor.dims.map(Number) }
      return graph.initializerLike(new Value(graph, tensor.name, type, undefined, undefined, tensor))
    }
    const { dtype, shape, numbers } = storedTensorOf(tensor, options.external)
    return graph.initializer(tensor.name, dtype, shape, numbers)
  }

  private sparseInitializer(sparse: SparseTensorProto) {
    const { graph, options } = this
    const name = sparse.values?.name ?? ''
    if (!options.notes) throw new Error(`its tensor ${name} is sparse, which Vitrine does not support`)
    const dtype = dtypeOfNumber(sparse.values?.dataType ?? 0)
    const type: TensorType | undefined = dtype && { dtype, shape: sparse.dims.map(Number) }
    this.define(name, graph.initializerLike(new Value(graph, name, type, undefined, undefined, sparse)))
  }

  private input(info: ValueInfoProto): Value {
    const type = declaredType(info)
    const isTensor = type && !('$typeName' in type)
    if (!this.options.notes && !isTensor) throw new Error(`its input ${info.name} is not a tensor`)
    if (!this.options.notes && isTensor && type.dtype === 'string')
      throw new Error(`its input ${info.name} is of strings, which Vitrine does not support`)
    if (isTensor) return this.graph.input(info.name, type.dtype, type.shape)
    return this.graph.inputLike(new Value(this.graph, info.name, undefined, undefined, undefined, type))
  }

  private node(proto: NodeProto, declared: ReadonlyMap<string, ValueInfoProto>): void {
    const { graph } = this
    const args = proto.input.map((name) => {
      if (name === '') return undefined
      const value = this.find(name)
      if (!value) throw new Error(`node ${proto.name || proto.opType} uses ${name}, which nothing before it computes`)
      return value
    })
    const taken = proto.output.find((name) => name && this.values.has(name))
    if (taken !== undefined) throw new Error(`two things in it are called ${taken}`)
    const { attributes, captured } = this.attributes(proto)
    const node = new Node(graph, proto.opType, proto.name, [...args, ...captured], attributes, domainOf(proto.domain))
    const types = proto.output.map((name): DeclaredType | undefined => {
      const info = declared.get(name)
      return info && declaredType(info)
    })
    for (const output of graph.append(node, proto.output, types)) if (output) this.define(output.name, output)
  }

  private attributes(node: NodeProto): { attributes: Attributes; captured: Value[] } {
    const attributes: Attributes = Object.create(null)
    const captured: Value[] = []
    const { external, notes } = this.options
    const subgraph = (proto: GraphProto): Subgraph => {
      const inner = new GraphDecoder(new InnerGraph(this.graph), this.options, this)
      inner.decode(proto)
      captured.push(...inner.captured.values())
      return { proto, graph: inner.graph, captured: [...inner.captured.keys()] }
    }
    for (const proto of node.attribute)
      attributes[proto.name] = decodeAttribute(proto, node.name, { external, subgraph: notes && subgraph })
    return { attributes, captured }
  }
}
