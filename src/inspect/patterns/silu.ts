import { gatedInput } from './gated.js'
import type { Entry } from './match.js'

/** SiLU, x·σ(x) (Elfwing et al., 2017). */
export const silu: Entry = {
  ops: ['Mul', 'Swish', 'QuickGelu'],
  pattern: (last, wiring) => {
    const isSingle = last.op !== 'Mul'
    if (isSingle && last.float('alpha', last.op === 'Swish' ? 1 : 1.702) !== 1) return undefined
    const x = isSingle
      ? last.inputs[0]
      : gatedInput(wiring, last, { gate: 'Sigmoid', argument: [0, 1], terms: [[0], [0, 1]] })
    if (!wiring.isData(x)) return undefined
    return {
      kind: 'silu',
      inputs: [x],
      weights: {},
      details: { function: 'silu', form: isSingle ? last.op : 'decomposed' },
    }
  },
}
