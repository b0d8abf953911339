import type { Node, Value } from '../../onnx/index.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { normalizedAxes, peelAffine, rootMean, squared } from './normalization.js'
import { rankOf, type Wiring } from './wiring.js'

/**
 * LayerNorm (Ba et al., 2016), (x − mean(x)) / √(var(x) + ε) · weight + bias: one node since opset 17, nine before, in
 * any order of the commutative ones.
 */
export const layerNorm: Entry = {
  ops: ['LayerNormalization', 'SkipLayerNormalization', 'Add', 'Mul', 'Div'],
  pattern: (last, wiring) => single(last, wiring) ?? decomposed(last, wiring),
}

function single(node: Node, wiring: Wiring): Match | undefined {
  if (node.op === 'SkipLayerNormalization') {
    const [x, skip, weight, bias, skipBias] = node.inputs
    if (!x || !skip || !(wiring.isData(x) || wiring.isData(skip))) return undefined
    return {
      kind: 'layerNorm',
      inputs: [x, skip],
      weights: weightsOf(wiring, { weight, bias, skipBias }),
      details: { epsilon: node.float('epsilon', 1e-12), axes: 1, form: node.op },
    }
  }
  if (node.op !== 'LayerNormalization') return undefined
  const [x, weight, bias] = node.inputs
  if (!wiring.isData(x)) return undefined
  const axis = node.int('axis', -1)
  const rank = rankOf(x)
  return {
    kind: 'layerNorm',
    inputs: [x],
    weights: weightsOf(wiring, { weight, bias }),
    details: {
      epsilon: node.float('epsilon', 1e-5),
      axes: axis < 0 ? -axis : rank === undefined ? 1 : rank - axis,
      form: node.op,
    },
  }
}

function decomposed(last: Node, wiring: Wiring): Match | undefined {
  const { node, weight, bias } = peelAffine(wiring, last)
  const root = node && rootMean(wiring, node)
  const square = root && squared(wiring, root.meanOf)
  const x = square && centered(wiring, square)
  // What is divided must be the same x − mean(x), though exporters may compute it twice.
  if (!x || centered(wiring, root.dividend)?.x !== x.x || x.axes !== root.axes) return undefined
  return {
    kind: 'layerNorm',
    inputs: [x.x],
    weights: weightsOf(wiring, { weight, bias }),
    details: { epsilon: root.epsilon, axes: root.axes, form: 'decomposed' },
  }
}

/** The x of x − mean(x). */
function centered(wiring: Wiring, value: Value): { x: Value; axes: number } | undefined {
  const sub = wiring.producer(value, 'Sub')
  const mean = sub && wiring.producer(sub.inputs[1], 'ReduceMean')
  const axes = mean && normalizedAxes(mean)
  if (!axes) return undefined
  const x = wiring.origin(sub.input(0))
  return wiring.isData(x) && wiring.origin(mean.input(0)) === x ? { x, axes } : undefined
}
