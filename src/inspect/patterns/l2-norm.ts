import type { Node, Value } from '../../onnx/index.js'
import type { Entry } from './match.js'
import { squared } from './normalization.js'
import { isNear } from './numbers.js'
import type { Wiring } from './wiring.js'

/** x / ‖x‖₂, as of the vectors that CLIP compares; the length may be kept from being 0. */
export const l2Norm: Entry = {
  ops: ['Div', 'LpNormalization'],
  pattern: (last, wiring) => {
    const [x, length] = last.inputs
    if (!wiring.isData(x) || !(last.op === 'Div' ? isLengthOf(wiring, length, x) : last.int('p', 2) === 2))
      return undefined
    return {
      kind: 'other',
      role: 'l2_norm',
      inputs: [x],
      weights: {},
      details: { function: 'L2 normalization', form: last.op },
    }
  },
}

function isLengthOf(wiring: Wiring, length: Value | undefined, x: Value): boolean {
  const node = wiring.producer(length, 'ReduceL2', 'Sqrt', 'Pow', 'Clip', 'Max', 'Expand')
  if (!node) return false
  if (node.op === 'ReduceL2') return wiring.origin(node.input(0)) === wiring.origin(x)
  if (node.op === 'Sqrt' || (node.op === 'Pow' && isNear(wiring.scalar(node.inputs[1]), 0.5)))
    return isSquareOf(wiring, wiring.producer(node.inputs[0], 'ReduceSum'), x)
  return node.op !== 'Pow' && isLengthOf(wiring, node.inputs[0], x)
}

function isSquareOf(wiring: Wiring, sum: Node | undefined, x: Value): boolean {
  const root = sum && squared(wiring, sum.input(0))
  return root !== undefined && wiring.origin(root) === wiring.origin(x)
}
