import type { Node, Value } from '../onnx/node.js'
import { axesOf, normalizeAxis } from '../onnx/ops/common.js'
import { cast, div, equal, expand, mul, reduceMean, reduceSum, reshape, shape, sub } from '../onnx/ops/index.js'
import type { Rule, RuleContext } from './rule.js'
import { sizeOf, unbroadcast } from './shapes.js'

/** The axes that a reduction sums over. */
function reducedAxes(node: Node): number[] {
  const x = node.input(0)
  const axes = axesOf(node, x.rank)
  return axes?.length ? axes : x.shape.map((_, i) => i)
}

/** A reduced value with the reduced axes back, of size 1. */
function withAxes({ node, inputs: [x] }: RuleContext, reduced: Value): Value {
  if (node.int('keepdims', 1) === 1) return reduced
  const axes = reducedAxes(node)
  const kept = x!.shape.map((dim, i) => (axes.includes(i) ? 1 : dim))
  const symbols = kept.filter((dim) => typeof dim === 'string')
  if (symbols.length > 1) throw new Error('more than one size is not fixed: bind them')
  return reshape(
    reduced,
    kept.map((dim) => (typeof dim === 'string' ? -1 : dim)),
  )
}

/** A reduced value repeated along the reduced axes. */
export function spread(context: RuleContext, reduced: Value): Value {
  const x = context.inputs[0]!
  const isFixed = x.shape.every((dim) => typeof dim === 'number')
  return expand(withAxes(context, reduced), isFixed ? (x.shape as number[]) : shape(x))
}

export const reduceMeanRule: Rule = (context) => [
  () => {
    const count = sizeOf(context.inputs[0]!, reducedAxes(context.node))
    return spread(context, mul(context.dy, 1 / count))
  },
]

/** Where several elements share the maximum, they share its gradient. */
export const reduceMaxRule: Rule = (context) => [
  () => {
    const x = context.inputs[0]!
    const hit = cast(equal(x, withAxes(context, context.y)), x.dtype)
    return mul(hit, div(withAxes(context, context.dy), reduceSum(hit, reducedAxes(context.node))))
  },
]

/** The one axis of a softmax. @throws where an old opset would flatten the axes behind it */
export function axisOf(node: Node): number {
  const { rank } = node.input(0)
  const axis = normalizeAxis(node.int('axis', node.graph.opset < 13 ? 1 : -1), rank)
  if (node.graph.opset < 13 && axis !== rank - 1)
    throw new Error('before opset 13 it flattens the axes from its axis on')
  return axis
}

/** Layer normalization with x̂ = (x - mean)/std: dx = (g - mean(g) - x̂·mean(g·x̂))/std, where g = dy·scale. */
export const layerNormalizationRule: Rule = ({ node, inputs: [x, scale, bias], dy }) => {
  const { graph } = node
  const first = normalizeAxis(node.int('axis', -1), x!.rank)
  const axes = x!.shape.map((_, i) => i).slice(first)
  let normalized: Value | undefined
  const inverseStd = () => graph.extraOutput(node, 2)
  const xHat = () => (normalized ??= mul(sub(x!, graph.extraOutput(node, 1)), inverseStd()))
  return [
    () => {
      const g = mul(dy, scale!)
      const projection = mul(xHat(), reduceMean(mul(g, xHat()), axes))
      return mul(sub(sub(g, reduceMean(g, axes)), projection), inverseStd())
    },
    () => unbroadcast(mul(dy, xHat()), scale!),
    () => unbroadcast(dy, bias!),
  ]
}
