import type { Node, Value } from '../../onnx/index.js'
import { attentionNode } from './attention-node.js'
import { asProduct, keyOf, reshaping, scoresBehind, withoutScale } from './attention-scores.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { axisSize } from './sizes.js'
import { rankOf, type Wiring } from './wiring.js'

/**
 * Scaled dot-product attention (Vaswani et al., 2017): softmax(q·kᵀ·scale + mask)·v. Its inputs are queries, keys and
 * values, of which learned queries are constant, and then the masks that are computed.
 */
export const scaledDotProduct: Entry = {
  ops: ['Attention', 'MultiHeadAttention', 'MatMul', 'FusedMatMul', 'Einsum'],
  pattern: (last, wiring) => attentionNode(last, wiring) ?? decomposed(last, wiring),
}

function decomposed(last: Node, wiring: Wiring): Match | undefined {
  const context = asProduct(last)
  const softmax = context && softmaxBehind(wiring, context.a)
  if (!softmax || !wiring.isData(context.b) || context.scale !== 1) return undefined
  const scores = scoresBehind(wiring, softmax.input(0))
  if (!scores) return undefined
  const { product, masks } = scores
  const query = withoutScale(wiring, product.a)
  const key = keyOf(wiring, product)
  const { equation } = product
  const axisOf = (label: string) => (equation ? equation.a.indexOf(label) - equation.a.length : 0)
  const headDim = axisSize(wiring, query.value, equation ? axisOf(equation.contracted) : -1) ?? key.headDim
  if ((key.headDim ?? headDim) !== headDim) return undefined
  const rank = rankOf(query.value) ?? rankOf(context.b)
  const headAxis = equation?.shared ? axisOf(equation.shared) : rank === 3 ? undefined : -3
  const heads = headAxis === undefined ? undefined : axisSize(wiring, query.value, headAxis)
  return {
    kind: 'scaledDotProduct',
    inputs: [query.value, key.value, context.b, ...masks.filter((mask) => wiring.isData(mask))],
    weights: weightsOf(wiring, { mask: masks.find((mask) => wiring.isConstant(mask)) }),
    details: {
      ...(heads ? { heads } : {}),
      ...(headDim ? { headDim } : {}),
      scale: scores.scale * query.scale * key.scale,
      ...(key.isTransposed ? { keyTransposed: true } : {}),
      ...(masks.length ? { masked: true } : {}),
      form: equation ? 'Einsum' : 'decomposed',
    },
  }
}

/** The softmax over keys that attention weights come from. Some exporters put 0 where masks made it NaN. */
function softmaxBehind(wiring: Wiring, weights: Value): Node | undefined {
  const node = wiring.producer(weights, 'Softmax', 'Where', ...reshaping)
  if (reshaping.some((op) => op === node?.op)) return softmaxBehind(wiring, node!.input(0))
  if (node?.op === 'Where') {
    const check = wiring.producer(node.inputs[0], 'IsNaN')
    return check?.inputs[0] === node.inputs[2] ? softmaxBehind(wiring, node.input(2)) : undefined
  }
  if (!node) return undefined
  const axis = node.int('axis', node.graph.opset < 13 ? 1 : -1)
  const rank = rankOf(node.input(0))
  // The rank is mostly 4 where it is not known.
  return axis === -1 || axis + 1 === (rank ?? 4) ? node : undefined
}
