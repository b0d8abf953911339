import type { Bindings } from '../../inspect/cost.js'
import { costsOf } from '../../inspect/inspection/costs.js'
import { countNumbers, findParameters, union } from '../../inspect/inspection/parameters.js'
import { bindSizes, chooseSizes } from '../../inspect/inspection/sizes.js'
import type { Part } from '../../inspect/part.js'
import type { Understanding } from '../../inspect/understand/understanding.js'
import type { Graph, Node, Value } from '../../onnx/index.js'
import { formulaOf } from './formulas.js'
import { Interner } from './intern.js'
import { familyOf, kinds } from './kinds.js'
import { attributeText, clip, nodeSubtitle, numberText, partFamily, subtitleOf, titleOf } from './labels.js'
import { type Drawing, layoutOf } from './layout.js'
import { childrenOf, roomsOf } from './outline.js'
import type { NodeRow, PageData, PartRow, ValueRow, WeightRow } from './page-data.js'
import { drawingOf } from './picture.js'
import { statisticsOf } from './statistics.js'
import { termsOf } from './terms.js'
import { type Child, isPart, usersOf } from './wiring.js'

/** Measured time of nodes, in microseconds. */
export type Measured = ReadonlyMap<Node, number>

/** What is known of a model besides its graph. */
export interface Findings {
  understanding: Understanding
  measured?: Measured | undefined
  /** Numbers for the symbols in its shapes, for memory and work; by default those for one picture. */
  sizes?: Bindings | undefined
}

/** All that the page's script draws of a model. */
export function collect(graph: Graph, findings: Findings): PageData {
  return new Collector(graph, findings).collect()
}

/** Gives everything its row, and each row its index. */
class Collector {
  private readonly strings = new Interner<string>((text) => text)
  private readonly attributes = new Interner<readonly (readonly [name: number, text: number])[]>((list) =>
    list.join(';'),
  )
  private readonly drawings = new Interner<Drawing>((drawing) => JSON.stringify(drawing))
  private readonly values: ValueRow[] = []
  private readonly weights: WeightRow[] = []
  private readonly nodes: NodeRow[] = []
  private readonly parts: PartRow[] = []
  private readonly valueIndices = new Map<Value, number>()
  private readonly nodeIndices: ReadonlyMap<Node, number>
  private readonly users: ReadonlyMap<Value, readonly Node[]>
  private readonly costs: ReturnType<typeof costsOf>

  private readonly learned: ReturnType<typeof findParameters>
  private readonly understanding: Understanding
  private readonly measured: Measured

  constructor(
    private readonly graph: Graph,
    { understanding, measured = new Map(), sizes }: Findings,
  ) {
    const computing = graph.nodes.filter((node) => !node.constant)
    this.nodeIndices = new Map(computing.map((node, i) => [node, i]))
    this.users = usersOf(computing)
    this.understanding = understanding
    this.measured = measured
    this.learned = findParameters(graph, understanding.stages)
    const { imageSize, inChannels: channels } = understanding.config ?? {}
    this.costs = costsOf(graph, bindSizes(graph, sizes ?? chooseSizes(graph, { imageSize, channels })))
  }

  collect(): PageData {
    const { graph, understanding } = this
    this.addPart(this.model(), -1, '')
    const { imageSize = 0, patchSize = 1, numHeads = 0 } = understanding.config ?? {}
    return {
      values: this.values,
      nodes: this.nodes,
      parts: this.parts,
      weights: this.weights,
      layouts: this.drawings.items.map(layoutOf),
      attributes: this.attributes.items,
      differences: understanding.differences.map(({ what, node }) => [
        this.text(what),
        node ? (this.nodeIndices.get(node) ?? -1) : -1,
      ]),
      kinds: Object.fromEntries(
        Object.entries(kinds).map(([kind, { title, sentence }]) => [kind, { title, sentence }]),
      ),
      inputs: graph.inputs.map((input) => this.value(input)),
      outputs: graph.outputs.map((output) => this.value(output)),
      isMeasured: this.measured.size > 0,
      patches: Math.floor(imageSize / patchSize),
      heads: numHeads,
      strings: this.strings.items,
    }
  }

  /** The model as a part of its own: the root of the tree. */
  private model(): Part {
    const { inputs, outputs } = this.graph
    const nodes = [...this.nodeIndices.keys()]
    const inStages = new Set(this.understanding.stages.flatMap((stage) => stage.nodes))
    const left = nodes.filter((node) => !inStages.has(node))
    const parts = left.length > 0 ? [...this.understanding.stages, constantsPart(left)] : this.understanding.stages
    return { kind: 'other', name: '', nodes, inputs, outputs, weights: {}, details: {}, parts }
  }

  /** Adds a part and all inside it; gives its index. `depth` 0 is the model, 1 a stage. */
  private addPart(part: Part, parent: number, term: string, depth = 0): number {
    const index = this.parts.push(undefined as unknown as PartRow) - 1
    const isHouse = depth < 2
    const inner = this.innerOf(part, depth)
    const terms = termsOf(part)
    const children = inner.map((child) =>
      isPart(child)
        ? this.addPart(child, index, terms.get(child) ?? '', depth + 1)
        : -1 - this.addNode(child, part, index, terms.get(child) ?? ''),
    )
    const costs = part.nodes.map((node) => this.costs.get(node))
    this.parts[index] = {
      kind: this.text(part.kind),
      name: this.text(part.name),
      title: this.text(depth === 0 ? 'Model' : depth === 1 && part.kind === 'other' ? stageTitle(part) : titleOf(part)),
      subtitle: this.text(depth === 0 ? '' : subtitleOf(part)),
      parent,
      children,
      inputs: part.inputs.map((value) => this.value(value)),
      outputs: part.outputs.map((value) => this.value(value)),
      weights: Object.entries(part.weights).map(([role, value]) => [this.text(role), this.value(value)]),
      details: Object.entries(part.details).map(([name, value]) => [
        this.text(name),
        this.text(typeof value === 'number' ? numberText(value) : String(value)),
      ]),
      term: this.text(term),
      formula: this.text(formulaOf(part) ?? ''),
      family: this.text(partFamily(part)),
      parameters: this.parametersOf(part.nodes),
      macs: sum(costs.map((cost) => cost?.macs)),
      liveBytes: costs.reduce((most, cost) => Math.max(most, cost?.liveBytes ?? 0), 0),
      microseconds: Math.round(sum(part.nodes.map((node) => this.measured.get(node)))),
      nodes: part.nodes.length,
      layout: isHouse ? -1 : this.drawings.add(drawingOf(part, inner, (text) => this.text(text))),
    }
    return index
  }

  private innerOf(part: Part, depth: number): readonly Child[] {
    if (depth === 0) return part.parts
    return depth === 1 ? roomsOf(part, this.users) : childrenOf(part, this.users)
  }

  private addNode(node: Node, around: Part, part: number, term: string): number {
    const cost = this.costs.get(node)
    const index = this.nodeIndices.get(node)!
    this.nodes[index] = [
      this.text(node.op),
      this.text(node.name),
      this.text(node.domain),
      this.attributes.add(
        Object.entries(node.attributes).map(
          ([name, attribute]) => [this.text(name), this.text(attributeText(attribute))] as const,
        ),
      ),
      node.inputs.map((input) => (input ? this.value(input) : -1)),
      node.outputs.flatMap((output) => (output ? [this.value(output)] : [])),
      part,
      this.text(term),
      this.text(familyOf(node.op)),
      cost?.macs ?? 0,
      cost?.liveBytes ?? 0,
      Math.round(this.measured.get(node) ?? 0),
      this.text(nodeSubtitle(node, around)),
    ]
    return index
  }

  private value(value: Value): number {
    let index = this.valueIndices.get(value)
    if (index === undefined) {
      const shape = value.isTyped ? `[${value.shape.join(', ')}]` : '?'
      index =
        this.values.push([
          this.text(value.name),
          this.text(value.isTyped ? value.dtype : '?'),
          this.text(shape),
          this.weight(value),
        ]) - 1
      this.valueIndices.set(value, index)
    }
    return index
  }

  private weight(value: Value): number {
    const statistics = value.isConstant ? statisticsOf(value) : undefined
    return statistics ? this.weights.push(statistics) - 1 : -1
  }

  /** Learned values; a weight that two nodes share counts once. */
  private parametersOf(nodes: readonly Node[]): number {
    return countNumbers(
      union(nodes.flatMap(({ inputs }) => inputs.map((input) => (input ? this.learned(input) : none)))),
    )
  }

  private text(text: string): number {
    return this.strings.add(clip(text, 2000))
  }
}

const sum = (numbers: readonly (number | undefined)[]) =>
  numbers.reduce<number>((total, number) => total + (number ?? 0), 0)

/** A stage that is none of the three. */
const stageTitle = ({ inputs }: Part) => (inputs.length > 0 ? 'Graph' : 'Constants')

const none: ReadonlySet<Value> = new Set()

/** Nodes that no stage has, since all they compute follows from constants. */
const constantsPart = (nodes: readonly Node[]): Part => ({
  kind: 'other',
  name: 'constants',
  nodes,
  inputs: [],
  outputs: nodes.flatMap((node) => node.outputs.filter((output) => output !== undefined)),
  weights: {},
  details: {},
  parts: [],
})
