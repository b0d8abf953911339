import type { Node } from '../../onnx/index.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { centered, dividedByRoot, meanOf, peelAffine, squared } from './normalization.js'
import { rankOf, type Wiring } from './wiring.js'

/** RMSNorm (Zhang and Sennrich, 2019), x / √(mean(x²) + ε) · weight. */
export const rmsNorm: Entry = {
  ops: ['RMSNormalization', 'SimplifiedLayerNormalization', 'Mul', 'Div'],
  pattern: (last, wiring) => single(last, wiring) ?? decomposed(last, wiring),
}

function single(node: Node, wiring: Wiring): Match | undefined {
  if (node.op !== 'RMSNormalization' && node.op !== 'SimplifiedLayerNormalization') return undefined
  const [x, weight] = node.inputs
  if (!wiring.isData(x)) return undefined
  const axis = node.int('axis', -1)
  return {
    kind: 'rmsNorm',
    inputs: [x],
    weights: weightsOf(wiring, { weight }),
    details: {
      epsilon: node.float('epsilon', 1e-5),
      axes: axis < 0 ? -axis : (rankOf(x) ?? axis + 1) - axis,
      form: node.op,
    },
  }
}

function decomposed(last: Node, wiring: Wiring): Match | undefined {
  const { node, weight } = peelAffine(wiring, last)
  const root = node && dividedByRoot(wiring, node)
  const mean = root && meanOf(wiring, root.under)
  const square = mean && squared(wiring, mean.of)
  if (!square) return undefined
  const x = wiring.origin(square)
  if (wiring.origin(root.dividend) !== x || !wiring.isData(x)) return undefined
  // Of x − mean(x) it is the variance: the rest of a LayerNorm.
  if (centered(wiring, x)) return undefined
  return {
    kind: 'rmsNorm',
    inputs: [x],
    weights: weightsOf(wiring, { weight }),
    details: { epsilon: root.epsilon, axes: mean.axes, form: 'decomposed' },
  }
}
