import type { Node, Value } from '../../onnx/index.js'
import type { Entry } from './match.js'
import type { Wiring } from './wiring.js'

/** Rotary position embedding (Su et al., 2021): x·cos + turned(x)·sin, with tables that do not depend on the input. */
export const rotary: Entry = {
  ops: ['Add'],
  pattern: (last, wiring) => {
    const products = last.inputs.map((input) => tableAndFactor(wiring, input))
    for (const [straight, turned] of [products, products.toReversed()]) {
      if (!straight || !turned || !isTurned(wiring, turned.factor, wiring.origin(straight.factor))) continue
      return {
        kind: 'other',
        role: 'rotary',
        inputs: [straight.factor, straight.table, turned.table],
        weights: {},
        details: { function: 'rotary position embedding' },
      }
    }
    return undefined
  },
}

function tableAndFactor(wiring: Wiring, product: Value | undefined) {
  const node = wiring.producer(product, 'Mul')
  const pair = node && wiring.pair(node, (value) => !wiring.dependsOnInput(value))
  return pair && wiring.dependsOnInput(pair[1]) ? { table: pair[0], factor: pair[1] } : undefined
}

const rearranging: ReadonlySet<string> = new Set([
  'Slice',
  'Split',
  'Gather',
  'Concat',
  'Unsqueeze',
  'Squeeze',
  'Reshape',
  'Transpose',
])

/** Whether a value is x with its halves, or its even and odd features, exchanged and one of them negated. */
function isTurned(wiring: Wiring, value: Value, x: Value): boolean {
  const nodes = new Set<Node>()
  const pending = new Set([wiring.origin(value)])
  for (const at of pending) {
    if (at === x) continue
    const node = at.producer
    if (!node || nodes.size > 12 || (node.op !== 'Neg' && !rearranging.has(node.op))) return false
    nodes.add(node)
    for (const input of node.inputs) if (wiring.isData(input)) pending.add(wiring.origin(input))
  }
  const count = (op: string) => [...nodes].filter((node) => node.op === op).length
  return count('Neg') === 1 && count('Concat') === 1
}
