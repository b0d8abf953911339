import type { Node, Value } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import type { Wiring } from '../patterns/index.js'

/** A part that is still being put together. */
export interface Draft {
  kind: PartKind
  /** Its name within the part around it, in timm's words: `attn`, `fc1`. */
  role: string
  nodes: Set<Node>
  /** In the order of the operation; for parts of parts they follow from the nodes. */
  inputs?: readonly Value[]
  weights: Record<string, Value>
  details: Record<string, string | number | boolean>
  parts: Draft[]
  parent?: Draft
  /** The node that it comes after, where its own nodes come earlier or are none. */
  after?: Node | undefined
}

/** What is given to make a draft. */
export type NewDraft = Pick<Draft, 'kind'> & Partial<Pick<Draft, 'role' | 'weights' | 'details' | 'inputs' | 'after'>>

const roles: Partial<Record<PartKind, string>> = {
  patchEmbedding: 'patch_embed',
  classToken: 'cls_token',
  distillationToken: 'dist_token',
  registerTokens: 'reg_token',
  positionEmbedding: 'pos_embed',
  encoderLayer: 'block',
  attention: 'attn',
  scaledDotProduct: 'sdpa',
  layerScale: 'ls',
  layerNorm: 'norm',
  rmsNorm: 'norm',
  gelu: 'act',
  silu: 'act',
  activation: 'act',
  swiGlu: 'mlp',
  pooling: 'pool',
  shapeArithmetic: 'shape',
}

/** The parts found so far: every node has at most one outermost part, and parts only grow by being wrapped. */
export class Forest {
  private readonly outermost = new Map<Node, Draft>()

  constructor(readonly wiring: Wiring) {}

  /** The outermost part that a node belongs to. */
  partOf(node: Node | undefined): Draft | undefined {
    return node && this.outermost.get(node)
  }

  /** All outermost parts, in the order of their first nodes. */
  parts(): Draft[] {
    return [...new Set(this.wiring.graph.nodes.flatMap((node) => this.outermost.get(node) ?? []))]
  }

  /**
   * Makes one part of some nodes and the parts that they belong to. Undefined where one of these is only partly among
   * the nodes: then they are no unit.
   */
  wrap(nodes: Iterable<Node>, draft: NewDraft): Draft | undefined {
    const all = new Set(nodes)
    const parts = new Set<Draft>()
    for (const node of all) {
      const part = this.outermost.get(node)
      if (part) parts.add(part)
    }
    for (const part of parts)
      for (const node of part.nodes) {
        // What is only computed from constants comes along: it is in no stage of its own.
        if (this.wiring.isConstantNode(node)) all.add(node)
        else if (!all.has(node)) return undefined
      }
    const made: Draft = {
      role: roles[draft.kind] ?? draft.kind,
      weights: {},
      details: {},
      ...draft,
      nodes: all,
      parts: [...parts],
    }
    for (const part of parts) part.parent = made
    for (const node of all) this.outermost.set(node, made)
    return made
  }

  /** Adds a part that shares its only node with another one, which the node is put down to. */
  addEmpty(parent: Draft, draft: NewDraft, after: Node | undefined): Draft {
    const role = roles[draft.kind] ?? draft.kind
    const made: Draft = { role, weights: {}, details: {}, ...draft, nodes: new Set(), parts: [], parent, after }
    parent.parts.push(made)
    return made
  }
}

/** The last value of a part: what it is for. */
export const outputOf = (wiring: Wiring, draft: Draft): Value => wiring.graph.nodes[lastPosition(wiring, draft)]!.output

/** Parts are put in the order in which they are done. */
function lastPosition(wiring: Wiring, { nodes, after }: Draft): number {
  let last = wiring.position(after)
  for (const node of nodes) last = Math.max(last, wiring.position(node))
  return last
}

/** The part as others see it, with a unique name. */
export function freeze(wiring: Wiring, draft: Draft, name: string, uniqueName: (name: string) => string): Part {
  const prefix = name === '' ? '' : `${name}.`
  const ends = new Map(draft.parts.map((part) => [part, lastPosition(wiring, part)]))
  const isLater = ({ after }: Draft) => Number(after !== undefined)
  const order = draft.parts.toSorted((a, b) => ends.get(a)! - ends.get(b)! || isLater(a) - isLater(b))
  const parts = order.map((part) => freeze(wiring, part, uniqueName(prefix + part.role), uniqueName))
  const nodes = [...draft.nodes].sort((a, b) => wiring.position(a) - wiring.position(b))
  const { inputs, outputs } = borders(wiring, draft, nodes)
  const { kind, weights, details } = draft
  return { kind, name, nodes, inputs: draft.inputs ?? inputs, outputs, weights, details, parts }
}

/** What goes into the nodes of a part and what comes out of it. */
function borders(wiring: Wiring, { kind, nodes }: Draft, ordered: readonly Node[]) {
  const inputs = new Set<Value>()
  const outputs = new Set<Value>()
  const counts = (value: Value | undefined): value is Value =>
    kind === 'shapeArithmetic' ? value !== undefined && !wiring.isConstant(value) : wiring.isData(value)
  for (const node of ordered) {
    for (const input of node.inputs) {
      if (counts(input) && !(input.producer && nodes.has(input.producer))) inputs.add(input)
    }
    for (const output of node.outputs) {
      if (!output || !counts(output)) continue
      if (wiring.isResult(output) || wiring.consumers(output).some((consumer) => !nodes.has(consumer)))
        outputs.add(output)
    }
  }
  return { inputs: [...inputs], outputs: [...outputs] }
}
