import type { Node } from '../../onnx/index.js'
import { type Formula, gatedInput } from './gated.js'
import { type Entry, type Match, weightsOf } from './match.js'
import type { Wiring } from './wiring.js'

const half = [[0], [0.5, 0.5]]

/** GELU (Hendrycks and Gimpel, 2016): exact, in its tanh form, and as CLIP's x·σ(1.702x). */
const formulas: Readonly<Record<string, Formula>> = {
  none: { gate: 'Erf', argument: [0, Math.SQRT1_2], terms: half },
  tanh: { gate: 'Tanh', argument: [0, 0.7978846, 0, 0.7978846 * 0.044715], terms: half },
  quick: { gate: 'Sigmoid', argument: [0, 1.702], terms: [[0], [0, 1]] },
}

export const gelu: Entry = {
  ops: ['Gelu', 'FastGelu', 'BiasGelu', 'QuickGelu', 'Mul', 'Div', 'Add'],
  pattern: (last, wiring) => single(last, wiring) ?? decomposed(last, wiring),
}

const singleNodes: Readonly<Record<string, string>> = { BiasGelu: 'none', FastGelu: 'tanh', QuickGelu: 'quick' }

function single(node: Node, wiring: Wiring): Match | undefined {
  const approximate = node.op === 'Gelu' ? node.string('approximate', 'none') : singleNodes[node.op]
  const [x, bias] = node.inputs
  if (!approximate || !wiring.isData(x)) return undefined
  if (node.op === 'QuickGelu' && Math.abs(node.float('alpha', 1.702) - 1.702) > 1e-3) return undefined
  return {
    kind: 'gelu',
    inputs: [x],
    weights: weightsOf(wiring, { bias }),
    details: { approximate, form: node.op },
  }
}

function decomposed(last: Node, wiring: Wiring): Match | undefined {
  for (const [approximate, formula] of Object.entries(formulas)) {
    const x = gatedInput(wiring, last, formula)
    if (x) return { kind: 'gelu', inputs: [x], weights: {}, details: { approximate, form: 'decomposed' } }
  }
  return undefined
}
