import type { Node, Value } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import type { Wiring } from './wiring.js'

/** What a pattern says about the node that it ends in. */
export interface Match {
  kind: PartKind
  /** What it is called where the kind does not tell. */
  role?: string
  /** What it computes from. All nodes between these and the output belong to it. */
  inputs: readonly Value[]
  weights: Part['weights']
  details: Part['details']
}

/** Recognises an operation by the last of its nodes. */
export type Pattern = (last: Node, wiring: Wiring) => Match | undefined

/** A pattern and the operators that it may end in. */
export interface Entry {
  ops: readonly string[]
  pattern: Pattern
}

/** The weights that there are. */
export function weightsOf(wiring: Wiring, weights: Record<string, Value | undefined>): Record<string, Value> {
  const found = Object.entries(weights).flatMap(([role, value]) => {
    const constant = wiring.constant(value)
    return constant ? [[role, constant.value] as const] : []
  })
  return Object.fromEntries(found)
}

/** No pattern of one operation is longer. */
const longestPattern = 80

/**
 * The nodes between a pattern's inputs and its last node, or undefined where they are no unit: where they need something
 * else that is computed, or something else needs what they compute on the way.
 */
export function nodesBetween(wiring: Wiring, inputs: readonly Value[], last: Node): Set<Node> | undefined {
  const stops = new Set(inputs)
  const nodes = new Set<Node>([last])
  for (const node of nodes) {
    for (const input of node.inputs) {
      if (!wiring.isData(input) || stops.has(input) || stops.has(wiring.origin(input))) continue
      if (!input.producer || nodes.size > longestPattern) return undefined
      nodes.add(input.producer)
    }
  }
  return isUnit(wiring, nodes, last) ? nodes : undefined
}

function isUnit(wiring: Wiring, nodes: ReadonlySet<Node>, last: Node): boolean {
  for (const node of nodes) {
    if (node === last) continue
    for (const output of node.outputs) {
      if (!output) continue
      // A result of the graph may be taken on the way, as attention maps are.
      if (wiring.dataConsumers(output).some((consumer) => !nodes.has(consumer))) return false
    }
  }
  return true
}
