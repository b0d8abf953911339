import type { Value } from '../onnx/node.js'
import {
  add,
  cast,
  cos,
  div,
  equal,
  erf,
  exp,
  greater,
  less,
  log,
  mul,
  neg,
  pow,
  reduceSum,
  sign,
  sin,
  sub,
  tanh,
  transpose,
  where,
} from '../onnx/ops/index.js'
import { permutationOf } from '../onnx/ops/layout.js'
import { concatRule, gatherRule, padRule, sliceRule, splitRule } from './layout-rules.js'
import { convRule, gemmRule, matMulRule } from './matrix-rules.js'
import { axisOf, layerNormalizationRule, reduceMaxRule, reduceMeanRule, spread } from './reduction-rules.js'
import type { Rule } from './rule.js'
import { reshapeLike, unbroadcast } from './shapes.js'

/** An elementwise rule of one argument: the derivative times dy. */
const unary =
  (gradient: (dy: Value, x: Value, y: Value) => Value): Rule =>
  ({ inputs: [x], y, dy }) => [() => gradient(dy, x!, y)]

/** A rule of two arguments that broadcast. */
const binary =
  (
    da: (dy: Value, a: Value, b: Value, y: Value) => Value,
    db: (dy: Value, a: Value, b: Value, y: Value) => Value,
  ): Rule =>
  ({ inputs: [a, b], y, dy }) => [() => unbroadcast(da(dy, a!, b!, y), a!), () => unbroadcast(db(dy, a!, b!, y), b!)]

/** The one number behind a constant, where it is one. */
function scalarOf(value: Value): number | undefined {
  const data = value.data ?? value.producer?.tensor('value')?.data
  return data?.length === 1 ? Number(data[0]) : undefined
}

const sameElements = unary((dy, x) => reshapeLike(dy, x))

/**
 * The derivative of every operator, one rule an operator type. `null` marks operators whose output does not change
 * smoothly with their input (indices, shapes, comparisons): gradients stop there.
 */
export const rules: Readonly<Record<string, Rule | null>> = {
  Add: binary(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: binary(
    (dy) => dy,
    (dy) => neg(dy),
  ),
  Mul: binary(
    (dy, _, b) => mul(dy, b),
    (dy, a) => mul(dy, a),
  ),
  Div: binary(
    (dy, _, b) => div(dy, b),
    (dy, _, b, y) => neg(mul(dy, div(y, b))),
  ),
  Pow: binary(
    (dy, a, b) => mul(dy, scalarOf(b) === 2 ? mul(a, 2) : mul(b, pow(a, sub(b, 1)))),
    (dy, a, _, y) => mul(dy, mul(y, log(a))),
  ),
  Max: binary(
    (dy, a, b) => where(less(a, b), 0, dy),
    (dy, a, b) => where(less(a, b), dy, 0),
  ),
  Min: binary(
    (dy, a, b) => where(greater(a, b), 0, dy),
    (dy, a, b) => where(greater(a, b), dy, 0),
  ),
  Sum: ({ inputs, dy }) => inputs.map((input) => () => unbroadcast(dy, input)),
  Where: ({ inputs: [condition, a, b], dy }) => [
    undefined,
    () => unbroadcast(where(condition!, dy, 0), a!),
    () => unbroadcast(where(condition!, 0, dy), b!),
  ],

  Abs: unary((dy, x) => mul(dy, sign(x))),
  Cast: unary((dy, x) => cast(dy, x.dtype)),
  Clip: ({ inputs: [x], y, dy }) => [() => mul(dy, cast(equal(x!, y), x!.dtype)), undefined, undefined],
  Cos: unary((dy, x) => neg(mul(dy, sin(x)))),
  Dropout: unary((dy) => dy),
  Erf: unary((dy, x) => mul(dy, mul(exp(neg(mul(x, x))), 2 / Math.sqrt(Math.PI)))),
  Exp: unary((dy, _, y) => mul(dy, y)),
  Gelu: ({ node, inputs: [x], dy }) => {
    const derivative = node.string('approximate', 'none') === 'tanh' ? geluTanhDerivative : geluDerivative
    return [() => mul(dy, derivative(x!))]
  },
  Identity: unary((dy) => dy),
  Log: unary((dy, x) => div(dy, x)),
  Neg: unary((dy) => neg(dy)),
  Reciprocal: unary((dy, _, y) => neg(mul(dy, mul(y, y)))),
  Relu: unary((dy, x) => where(greater(x, 0), dy, 0)),
  Sigmoid: unary((dy, _, y) => mul(dy, mul(y, sub(1, y)))),
  Sin: unary((dy, x) => mul(dy, cos(x))),
  Sqrt: unary((dy, _, y) => div(mul(dy, 0.5), y)),
  Tanh: unary((dy, _, y) => mul(dy, sub(1, mul(y, y)))),

  Expand: ({ inputs: [x], dy }) => [() => unbroadcast(dy, x!), undefined],
  Flatten: sameElements,
  Reshape: sameElements,
  Squeeze: sameElements,
  Unsqueeze: sameElements,
  Transpose: ({ node, dy }) => [() => transpose(dy, inverse(permutationOf(node)))],
  Concat: concatRule,
  Split: splitRule,
  Slice: sliceRule,
  Pad: padRule,
  Gather: gatherRule,

  ReduceSum: (context) => [() => spread(context, context.dy)],
  ReduceMean: reduceMeanRule,
  ReduceSumSquare: (context) => [() => mul(spread(context, context.dy), mul(context.inputs[0]!, 2))],
  ReduceL2: (context) => [() => mul(spread(context, div(context.dy, context.y)), context.inputs[0]!)],
  ReduceMax: reduceMaxRule,
  Softmax: ({ node, y, dy }) => [() => mul(y, sub(dy, reduceSum(mul(dy, y), [axisOf(node)])))],
  LogSoftmax: ({ node, y, dy }) => [() => sub(dy, mul(exp(y), reduceSum(dy, [axisOf(node)])))],
  LayerNormalization: layerNormalizationRule,

  MatMul: matMulRule,
  Gemm: gemmRule,
  Conv: convRule,

  ...Object.fromEntries(
    [
      'ArgMax',
      'Ceil',
      'ConstantOfShape',
      'Equal',
      'Floor',
      'Greater',
      'GreaterOrEqual',
      'Less',
      'LessOrEqual',
      'Not',
      'OneHot',
      'Round',
      'Shape',
      'Sign',
      'Size',
    ].map((op) => [op, null]),
  ),
}

/**
 * Φ(x) + x·φ(x), with the distribution and density of the standard normal, as ½(1 + erf t + t·2/√π·exp(-t²)) where
 * t = x/√2: each operator is a pass over memory, so factors go into the exponent.
 */
function geluDerivative(x: Value): Value {
  const t = mul(x, Math.SQRT1_2)
  const density = exp(sub(Math.log(2 / Math.sqrt(Math.PI)), mul(t, t)))
  return mul(add(add(erf(t), mul(t, density)), 1), 0.5)
}

/** Of ½x(1 + tanh u) with u = √(2/π)(x + 0.044715x³). */
function geluTanhDerivative(x: Value): Value {
  const square = mul(x, x)
  const factor = Math.sqrt(2 / Math.PI)
  const t = tanh(mul(mul(x, add(mul(square, 0.044715), 1)), factor))
  const slope = mul(add(mul(square, 3 * 0.044715), 1), factor)
  return add(mul(add(t, 1), 0.5), mul(mul(mul(x, 0.5), sub(1, mul(t, t))), slope))
}

function inverse(perm: readonly number[]): number[] {
  return perm.map((_, i) => perm.indexOf(i))
}
