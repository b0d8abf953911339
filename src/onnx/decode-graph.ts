import type { GraphProto, ModelProto, NodeProto, ValueInfoProto } from 'onnx-buf'
import { attributesOf } from './decode-attributes.js'
import type { Dim } from './dim.js'
import { Graph } from './graph.js'
import { Node, type TensorType, Value } from './node.js'
import { dtypeOf, type ExternalData, storedTensorOf } from './tensor-proto.js'

export interface DecodeOptions {
  /** Opens the files beside the model that hold weights. */
  external?: ExternalData | undefined
  /** Where given, what Vitrine does not support is noted here instead of thrown. */
  notes?: string[] | undefined
}

/** The version of each operator domain that a file uses; `''` is the default one. */
export const opsetsOf = (model: ModelProto): Map<string, number> =>
  new Map(model.opsetImport.map(({ domain, version }) => [domainOf(domain), Number(version)]))

/** The default domain has two names. */
export const domainOf = (domain: string): string => (domain === 'ai.onnx' ? '' : domain)

/** The graph of a file, with shapes inferred anew. */
export function decodeGraph(model: ModelProto, options: DecodeOptions): Graph {
  const opsets = opsetsOf(model)
  const graph = new Graph({ opset: opsets.get('') ?? 1, name: model.graph!.name, notes: options.notes })
  for (const [domain, version] of opsets) if (domain !== '') graph.domains.set(domain, version)
  for (const entry of model.metadataProps) graph.metadata.set(entry.key, entry.value)
  new Decoder(graph, options).decode(model.graph!)
  return graph
}

class Decoder {
  private readonly values = new Map<string, Value>()

  constructor(
    private readonly graph: Graph,
    private readonly options: DecodeOptions,
  ) {}

  decode(proto: GraphProto): void {
    const { graph, values } = this
    const constants = new Set(proto.initializer.map((initializer) => initializer.name))
    for (const initializer of proto.initializer) {
      const { name } = initializer
      const value = this.orNote(() => {
        const { dtype, shape, numbers } = storedTensorOf(initializer, this.options.external)
        return graph.initializer(name, dtype, shape, numbers)
      })
      values.set(name, value ?? new Value(graph, name, undefined))
    }
    for (const info of proto.input) if (!constants.has(info.name)) values.set(info.name, this.input(info))
    const declared = new Map([...proto.valueInfo, ...proto.output].map((info) => [info.name, this.declared(info)]))
    for (const item of proto.node) this.node(item, declared)
    for (const info of proto.output) {
      const value = values.get(info.name)
      if (!value) throw new Error(`its output ${info.name} is never computed`)
      graph.output(info.name, value)
    }
  }

  private input(info: ValueInfoProto): Value {
    const type = this.declared(info)
    if (type) return this.graph.input(info.name, type.dtype, type.shape)
    const problem = `its input ${info.name} is not a tensor`
    if (!this.options.notes) throw new Error(problem)
    this.options.notes.push(problem)
    const value = new Value(this.graph, info.name, undefined)
    this.graph.inputs.push(value)
    return value
  }

  private declared(info: ValueInfoProto): TensorType | undefined {
    return this.orNote(() => typeOf(info))
  }

  private node(proto: NodeProto, declared: ReadonlyMap<string, TensorType | undefined>): void {
    const { graph, values } = this
    const inputs = proto.input.map((name) => {
      if (name === '') return undefined
      const value = values.get(name)
      if (!value) throw new Error(`node ${proto.name || proto.opType} uses ${name}, which nothing before it computes`)
      return value
    })
    const taken = proto.output.find((name) => values.has(name))
    if (taken !== undefined) throw new Error(`two things in it are called ${taken}`)
    const attributes = attributesOf(proto.attribute, proto.name, this.options)
    const node = new Node(graph, proto.opType, proto.name, inputs, attributes, domainOf(proto.domain))
    const types = proto.output.map((name) => declared.get(name))
    for (const output of graph.append(node, proto.output, types)) if (output) values.set(output.name, output)
  }

  /** What cannot be done is thrown where nobody collects notes. */
  private orNote<T>(body: () => T): T | undefined {
    if (!this.options.notes) return body()
    try {
      return body()
    } catch (error) {
      this.options.notes.push((error as Error).message)
      return undefined
    }
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
