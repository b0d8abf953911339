import { type Attribute, formatShape, type Graph, type Node, type OnnxModel, type Value } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { Wiring } from '../patterns/index.js'
import { everyPart } from '../understand/counts.js'
import { understand } from '../understand/understand.js'
import type { Understanding } from '../understand/understanding.js'
import { costsOf, type NodeCost } from './costs.js'
import type { InspectedFile, InspectedNode, InspectedPart, InspectedValue, Inspection, Totals } from './inspection.js'
import { constantBytes, countNumbers, findParameters, type Parameters, union } from './parameters.js'
import { bindSizes, chooseSizes } from './sizes.js'

/** What is told about a model besides what it holds. */
export interface InspectOptions {
  /** How the file is called. */
  path?: string | undefined
  /** With the files beside it that hold weights. */
  bytes?: number | undefined
  /** What the model was understood as, where that is known already. */
  understanding?: Understanding | undefined
  /** Items at once, where the model leaves that open; 1 by default. */
  batch?: number | undefined
}

/** Gathers all that can be told about a model. Large weights are not read. */
export function inspectModel(model: OnnxModel, options: InspectOptions = {}): Inspection {
  const { graph } = model
  const understanding = options.understanding ?? understand(graph)
  const { kind, sentence, config, stages, counts, differences } = understanding
  const sizes = chooseSizes(graph, {
    batch: options.batch,
    imageSize: config?.imageSize,
    channels: config?.inChannels,
  })
  const parameters = findParameters(graph, stages)
  const costs = costsOf(graph, bindSizes(graph, sizes))
  const nodes = inspectNodes(graph, stages, parameters, costs)
  const indices = new Map(graph.nodes.map((node, i) => [node, i]))
  return {
    version: 1,
    file: inspectFile(model, options),
    inputs: graph.inputs.map(inspectValue),
    outputs: graph.outputs.map(inspectValue),
    totals: totalsOf(graph, nodes, parameters, costs),
    sizes,
    kind,
    sentence,
    ...(config && { config }),
    differences: differences.map(({ what, node, isMinor }) => ({
      what,
      ...(node && { node: indices.get(node)! }),
      ...(isMinor && { isMinor }),
    })),
    counts,
    stages: stages.map((stage) => inspectPart(stage, indices, nodes, parameters)),
    nodes,
    constants: usedConstants(graph)
      .filter(({ producer }) => !producer)
      .map(inspectValue),
    notes: [...model.notes, ...assumptions(graph, sizes)],
  }
}

function inspectFile(model: OnnxModel, { path, bytes }: InspectOptions): InspectedFile {
  return {
    ...(path !== undefined && { path }),
    ...(bytes !== undefined && { bytes }),
    producer: model.producer,
    irVersion: model.irVersion,
    opsets: Object.fromEntries(model.opsets),
    metadata: Object.fromEntries(model.metadata),
  }
}

const inspectValue = (value: Value): InspectedValue => ({
  name: value.name,
  ...(value.isTyped && { dtype: value.dtype, shape: value.shape }),
})

function inspectNodes(
  graph: Graph,
  stages: readonly Part[],
  parameters: Parameters,
  costs: ReadonlyMap<Node, NodeCost>,
): InspectedNode[] {
  const wiring = new Wiring(graph)
  const partOf = new Map<Node, string>()
  // Inner parts come after those around them.
  for (const part of everyPart(stages)) for (const node of part.nodes) partOf.set(node, part.name)
  return graph.nodes.map((node) => {
    const isConstant = wiring.isConstantNode(node)
    const part = partOf.get(node)
    const { macs = null, bytes = null } = costs.get(node)!
    return {
      name: node.name,
      op: node.op,
      domain: node.domain,
      inputs: node.inputs.map((input) => input?.name ?? ''),
      outputs: node.outputs.flatMap((output) => (output ? [inspectValue(output)] : [])),
      attributes: Object.fromEntries(Object.entries(node.attributes).map(([name, value]) => [name, plain(value)])),
      isConstant,
      ...(part !== undefined && { part }),
      parameters: isConstant ? 0 : countNumbers(parametersOf(node, parameters)),
      macs,
      bytes,
    }
  })
}

const parametersOf = (node: Node, parameters: Parameters) =>
  union(node.inputs.flatMap((input) => (input ? [parameters(input)] : [])))

function plain({ kind, value }: Attribute): InspectedNode['attributes'][string] {
  if (kind === 'tensor') return `${value.dtype}${formatShape(value.shape)}`
  return typeof value === 'object' && !Array.isArray(value) ? kind : (value as string | number | readonly string[])
}

function inspectPart(
  part: Part,
  indices: ReadonlyMap<Node, number>,
  nodes: readonly InspectedNode[],
  parameters: Parameters,
): InspectedPart {
  const { kind, name, details } = part
  const own = part.nodes.map((node) => indices.get(node)!)
  const learned = union(part.nodes.map((node) => parametersOf(node, parameters)))
  const weights = Object.entries(part.weights).map(([role, value]) => [role, inspectValue(value)])
  return {
    kind,
    name,
    nodes: own,
    inputs: part.inputs.map(inspectValue),
    outputs: part.outputs.map(inspectValue),
    weights: Object.fromEntries(weights),
    details,
    parameters: countNumbers(learned),
    macs: sumKnown(own.map((i) => nodes[i]!.macs)),
    parts: part.parts.map((inner) => inspectPart(inner, indices, nodes, parameters)),
  }
}

/** Every constant that a node uses, once. */
function usedConstants(graph: Graph): Value[] {
  const inputs = graph.nodes.flatMap((node) => node.inputs)
  return [...new Set(inputs)].filter((input) => input?.isConstant) as Value[]
}

function totalsOf(
  graph: Graph,
  nodes: readonly InspectedNode[],
  parameters: Parameters,
  costs: ReadonlyMap<Node, NodeCost>,
): Totals {
  const wiring = new Wiring(graph)
  const typed = usedConstants(graph).filter(({ isTyped }) => isTyped)
  return {
    nodes: nodes.length,
    constantNodes: nodes.filter(({ isConstant }) => isConstant).length,
    shapeNodes: graph.nodes.filter((node) => wiring.isSizeNode(node)).length,
    parameters: countNumbers(union(graph.nodes.map((node) => parametersOf(node, parameters)))),
    weightBytes: constantBytes(typed),
    macs: sumKnown(nodes.map(({ macs }) => macs)),
    activationBytes: nodes.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0),
    peakActivationBytes: Math.max(0, ...[...costs.values()].map(({ liveBytes }) => liveBytes)),
    unknownCosts: nodes.filter(({ macs, bytes }) => macs === null || bytes === null).length,
  }
}

/** The sum of those that are known; null where none is. */
function sumKnown(counts: readonly (number | null)[]): number | null {
  const known = counts.filter((count) => count !== null)
  return known.length === 0 && counts.length > 0 ? null : known.reduce((sum, count) => sum + count, 0)
}

/** Sizes that had to be guessed, besides the batch. */
function assumptions(graph: Graph, sizes: Readonly<Record<string, number>>): string[] {
  const batches = new Set(graph.inputs.map((input) => (input.isTyped ? input.shape[0] : undefined)))
  const list = Object.entries(sizes).flatMap(([symbol, size]) => (batches.has(symbol) ? [] : [`${symbol} = ${size}`]))
  return list.length > 0 ? [`the file leaves sizes open: costs are for ${list.join(', ')}`] : []
}
