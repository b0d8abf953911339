import type { KindWords, Layout, NodeRow, PageData, PartRow, WeightRow } from '../page-data.js'

/** A part, by its index, or a node, by `-1 - index`: what can be selected. */
export type Item = number

/** A value with its texts. */
export interface ValueInfo {
  index: number
  name: string
  dtype: string
  shape: string
  weight: WeightRow | undefined
}

/** The page's data, with names for the places of its rows. */
export class Model {
  /** The item that computes each value. */
  private readonly producers = new Map<number, Item>()
  /** The nodes that use each value. */
  private readonly users = new Map<number, Item[]>()
  readonly differing = new Map<Item, string[]>()

  constructor(readonly data: PageData) {
    for (const [i, [, , , , inputs, outputs]] of data.nodes.entries()) {
      for (const value of outputs) this.producers.set(value, -1 - i)
      for (const value of inputs) this.users.set(value, [...(this.users.get(value) ?? []), -1 - i])
    }
    for (const [what, node] of data.differences) if (node >= 0) this.markDifference(-1 - node, this.text(what))
  }

  text(index: number): string {
    return this.data.strings[index] ?? ''
  }

  isPart(item: Item): boolean {
    return item >= 0
  }

  part(item: Item): PartRow {
    return this.data.parts[item]!
  }

  node(item: Item): NodeRow {
    return this.data.nodes[-1 - item]!
  }

  /** -1 for the model as a whole. */
  parent(item: Item): Item {
    return this.isPart(item) ? this.part(item).parent : this.node(item)[6]
  }

  /** From the model down to the item itself. */
  path(item: Item): Item[] {
    const path = [item]
    while (path[0] !== 0) path.unshift(this.parent(path[0]!))
    return path
  }

  title(item: Item): string {
    return this.text(this.isPart(item) ? this.part(item).title : this.node(item)[0])
  }

  subtitle(item: Item): string {
    return this.text(this.isPart(item) ? this.part(item).subtitle : this.node(item)[12])
  }

  /** The name that the file or timm gives it. */
  name(item: Item): string {
    return this.text(this.isPart(item) ? this.part(item).name : this.node(item)[1])
  }

  family(item: Item): string {
    return this.text(this.isPart(item) ? this.part(item).family : this.node(item)[8])
  }

  term(item: Item): string {
    return this.text(this.isPart(item) ? this.part(item).term : this.node(item)[7])
  }

  formula(item: Item): string {
    return this.isPart(item) ? this.text(this.part(item).formula) : ''
  }

  words(item: Item): KindWords | undefined {
    return this.isPart(item) ? this.data.kinds[this.text(this.part(item).kind)] : undefined
  }

  layout(item: Item): Layout | undefined {
    return this.isPart(item) ? this.data.layouts[this.part(item).layout] : undefined
  }

  inputs(item: Item): readonly number[] {
    return this.isPart(item) ? this.part(item).inputs : this.node(item)[4]
  }

  outputs(item: Item): readonly number[] {
    return this.isPart(item) ? this.part(item).outputs : this.node(item)[5]
  }

  value(index: number): ValueInfo {
    const [name, dtype, shape, weight] = this.data.values[index]!
    return {
      index,
      name: this.text(name),
      dtype: this.text(dtype),
      shape: this.text(shape),
      weight: this.data.weights[weight],
    }
  }

  /** What computes a value; none for inputs of the model and constants. */
  producer(value: number): Item | undefined {
    return this.producers.get(value)
  }

  usersOf(value: number): readonly Item[] {
    return this.users.get(value) ?? []
  }

  /** The parts that the house shows: those of the stages, in order. */
  get rooms(): Item[] {
    return this.part(0).children.flatMap((stage) => {
      const { children } = this.part(stage)
      return children.length > 0 ? children : [stage]
    })
  }

  microseconds(item: Item): number {
    return this.isPart(item) ? this.part(item).microseconds : this.node(item)[11]
  }

  /** All nodes inside, in the order of computation. */
  nodesIn(item: Item): Item[] {
    return this.isPart(item) ? this.part(item).children.flatMap((child) => this.nodesIn(child)) : [item]
  }

  private markDifference(item: Item, what: string): void {
    for (const around of this.path(item)) this.differing.set(around, [...(this.differing.get(around) ?? []), what])
  }
}

/** A shape as it stands at an arrow: `batch × 197 × 768`. */
export const atArrow = (shape: string): string =>
  shape === '?' ? 'shape not known' : shape.slice(1, -1).replaceAll(', ', ' × ').replaceAll('*', '·') || 'scalar'
