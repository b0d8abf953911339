import { addDims, type Dim, multiplyDims, subtractDims } from '../dim.js'
import { type Attributes, int, type Node, string, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { type DType, dataTypes, dtypeOfNumber } from '../tensor.js'
import { asValue, broadcastShapes, elementsOf, emit, likeFirst, type Operand, sameDType } from './common.js'
import { divide, eitherWay, equals, type Fold, foldContents, larger, numeric, smaller } from './folding.js'

function arithmetic(fold?: Fold): Schema {
  return (node) => {
    const [a, b] = [node.input(0), node.input(1)]
    const dtype = sameDType(a, b)
    if (dtype === 'bool') throw new Error('arithmetic on bool')
    return { dtype, shape: broadcastShapes(node.graph, a.shape, b.shape), content: fold && foldContents(a, b, fold) }
  }
}

function comparison(fold?: Fold): Schema {
  return (node) => {
    const [a, b] = [node.input(0), node.input(1)]
    sameDType(a, b)
    return {
      dtype: 'bool',
      shape: broadcastShapes(node.graph, a.shape, b.shape),
      content: fold && foldContents(a, b, fold),
    }
  }
}

const roundings: Record<string, (x: number) => number> = { Floor: Math.floor, Ceil: Math.ceil, Neg: (x) => -x }

const foldedUnary: Schema = (node) => {
  const x = node.input(0)
  const content = x.content?.map((dim) => (typeof dim === 'number' ? roundings[node.op]!(dim) : undefined))
  return { dtype: x.dtype, shape: x.shape, content: content?.every((dim) => dim !== undefined) ? content : undefined }
}

function variadic(fold?: Fold): Schema {
  return (node) => {
    const inputs = node.inputs.map((_, i) => node.input(i))
    const [a, b] = inputs
    return {
      dtype: sameDType(node.input(0), ...inputs),
      shape: broadcastShapes(node.graph, ...inputs.map((input) => input.shape)),
      content: fold && a && b && inputs.length === 2 ? foldContents(a, b, fold) : undefined,
    }
  }
}

/** The bounds are attributes before opset 11. */
const clipSchema: Schema = (node) => {
  const x = node.input(0)
  const bound = (name: string, i: number) => {
    const value = node.inputs[i]
    if (value) return elementsOf(value)?.[0] ?? null
    return node.attributes[name] ? node.float(name) : undefined
  }
  const [low, high] = [bound('min', 1), bound('max', 2)]
  if (low === null || high === null) return { dtype: x.dtype, shape: x.shape }
  const clipped = x.content?.map((dim) => {
    const raised = low === undefined ? dim : larger(dim, low, x.dtype)
    return high === undefined || raised === undefined ? raised : smaller(raised, high, x.dtype)
  })
  return { dtype: x.dtype, shape: x.shape, content: clipped?.every((dim) => dim !== undefined) ? clipped : undefined }
}

const castSchema: Schema = (node) => {
  const x = node.input(0)
  const number = node.int('to')
  const dtype = dtypeOfNumber(number)
  if (!dtype) throw new Error(`element type ${number} is not known`)
  const convert = (dim: Dim) => {
    if (dtype === 'bool') return dim === 0 ? 0 : 1
    return typeof dim === 'number' && dtype.includes('int') ? Math.trunc(dim) : dim
  }
  return { dtype, shape: x.shape, content: x.content?.map(convert) }
}

const whereSchema: Schema = (node) => {
  const [condition, a, b] = [node.input(0), node.input(1), node.input(2)]
  if (condition.dtype !== 'bool') throw new Error(`the condition is ${condition.dtype}, not bool`)
  const [test, x, y] = [condition.content, a.content, b.content]
  const content =
    test && x && y && test.length === x.length && x.length === y.length
      ? test.map((c, i) => (c ? x[i]! : y[i]!))
      : undefined
  return { dtype: sameDType(a, b), shape: broadcastShapes(node.graph, condition.shape, a.shape, b.shape), content }
}

const powSchema: Schema = (node) => {
  const [x, y] = [node.input(0), node.input(1)]
  const [base, exponent] = [elementsOf(x), elementsOf(y)]
  const power = base?.length === 1 && exponent?.length === 1 ? Number(base[0]) ** Number(exponent[0]) : Number.NaN
  // The side of a square of tokens; anything else is rounded as the runtime likes.
  const content = Number.isSafeInteger(power) ? [power] : undefined
  return { dtype: x.dtype, shape: broadcastShapes(node.graph, x.shape, y.shape), content }
}

export const elementwiseSchemas: Record<string, Schema> = {
  Add: arithmetic(eitherWay((a, b) => a + b, addDims)),
  Sub: arithmetic(eitherWay((a, b) => a - b, subtractDims)),
  Mul: arithmetic(
    eitherWay(
      (a, b) => a * b,
      (a, b) => multiplyDims([a, b]),
    ),
  ),
  Div: arithmetic(divide),
  Mod: arithmetic(numeric((a, b) => ((a % b) + b) % b)),
  Pow: powSchema,
  Equal: comparison(equals),
  Greater: comparison(),
  GreaterOrEqual: comparison(),
  Less: comparison(),
  LessOrEqual: comparison(),
  And: comparison(),
  Or: comparison(),
  Not: likeFirst,
  Min: variadic(smaller),
  Max: variadic(larger),
  Sum: variadic(),
  Clip: clipSchema,
  Where: whereSchema,
  Cast: castSchema,
  ...Object.fromEntries(Object.keys(roundings).map((op) => [op, foldedUnary])),
  ...Object.fromEntries(
    [
      'Abs',
      'Cos',
      'Erf',
      'Exp',
      'Gelu',
      'Log',
      'Reciprocal',
      'Relu',
      'Round',
      'Sigmoid',
      'Sign',
      'Sin',
      'Sqrt',
      'Tanh',
    ].map((op) => [op, likeFirst]),
  ),
}

const castLikeSchema: Schema = (node) => ({
  dtype: node.input(1).dtype,
  shape: node.input(0).shape,
  content: sameNumbers(node),
})

/** The contents of the first input where integers stay integers. */
function sameNumbers(node: Node) {
  const [from, to] = [node.input(0), node.input(1)]
  return from.dtype.includes('int') && /^int(32|64)$/.test(to.dtype) ? from.content : undefined
}

const test: Schema = (node) => ({ dtype: 'bool', shape: node.input(0).shape })

const named = (schema: Schema, ...ops: string[]) => Object.fromEntries(ops.map((op) => [op, schema]))

/** Elementwise operators that Vitrine reads but does not emit. */
export const moreElementwiseSchemas: Record<string, Schema> = {
  ...named(
    likeFirst,
    'Acos',
    'Acosh',
    'Asin',
    'Asinh',
    'Atan',
    'Atanh',
    'BitwiseNot',
    'Celu',
    'Cosh',
    'Elu',
    'Hardmax',
  ),
  ...named(likeFirst, 'HardSigmoid', 'HardSwish', 'LeakyRelu', 'Mish', 'PRelu', 'Selu', 'Shrink', 'Sinh', 'Softplus'),
  ...named(likeFirst, 'Softsign', 'Swish', 'Tan', 'ThresholdedRelu'),
  ...named(test, 'IsInf', 'IsNaN'),
  ...named(arithmetic(), 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'),
  CastLike: castLikeSchema,
  Mean: variadic(),
  Xor: comparison(),
}

function binary(op: string, a: Operand, b: Operand, attributes?: Attributes): Value {
  const value = typeof a === 'number' ? (b as Value) : a
  return emit(op, [asValue(value.graph, value.dtype, a), asValue(value.graph, value.dtype, b)], attributes)
}

// Numpy's broadcasting holds for all of these; at least one operand is a value.
export const add = (a: Operand, b: Operand): Value => binary('Add', a, b)
export const sub = (a: Operand, b: Operand): Value => binary('Sub', a, b)
export const mul = (a: Operand, b: Operand): Value => binary('Mul', a, b)
/** Integers are divided towards zero. */
export const div = (a: Operand, b: Operand): Value => binary('Div', a, b)
/** The remainder of integers, with the sign of the divisor. */
export const mod = (a: Operand, b: Operand): Value => binary('Mod', a, b)
export const pow = (a: Operand, b: Operand): Value => binary('Pow', a, b)
export const equal = (a: Operand, b: Operand): Value => binary('Equal', a, b)
export const greater = (a: Operand, b: Operand): Value => binary('Greater', a, b)
export const less = (a: Operand, b: Operand): Value => binary('Less', a, b)
export const min = (a: Operand, b: Operand): Value => binary('Min', a, b)
export const max = (a: Operand, b: Operand): Value => binary('Max', a, b)

/** The sum of one or more values of one shape. */
export const sum = (values: readonly Value[]): Value => (values.length === 1 ? values[0]! : emit('Sum', values))

/** `a` where the condition holds, else `b`. */
export function where(condition: Value, a: Operand, b: Operand): Value {
  const value = typeof a === 'number' ? (b as Value) : a
  return emit('Where', [condition, asValue(value.graph, value.dtype, a), asValue(value.graph, value.dtype, b)])
}

export const abs = (x: Value): Value => emit('Abs', [x])
export const cos = (x: Value): Value => emit('Cos', [x])
export const erf = (x: Value): Value => emit('Erf', [x])
export const exp = (x: Value): Value => emit('Exp', [x])
export const floor = (x: Value): Value => emit('Floor', [x])
export const log = (x: Value): Value => emit('Log', [x])
export const neg = (x: Value): Value => emit('Neg', [x])
export const not = (x: Value): Value => emit('Not', [x])
export const reciprocal = (x: Value): Value => emit('Reciprocal', [x])
export const relu = (x: Value): Value => emit('Relu', [x])
/** Rounds halves to the even neighbour. */
export const round = (x: Value): Value => emit('Round', [x])
export const sigmoid = (x: Value): Value => emit('Sigmoid', [x])
export const sign = (x: Value): Value => emit('Sign', [x])
export const sin = (x: Value): Value => emit('Sin', [x])
export const sqrt = (x: Value): Value => emit('Sqrt', [x])
export const tanh = (x: Value): Value => emit('Tanh', [x])

/** x·Φ(x) with the exact Φ (Hendrycks and Gimpel, 2016): one operator from opset 20 on, and Erf before. */
export function gelu(x: Value): Value {
  if (x.graph.opset >= 20) return emit('Gelu', [x])
  return mul(mul(x, add(erf(div(x, Math.SQRT2)), 1)), 0.5)
}

/** The tanh form of GELU, up to 5e-4 off the exact one. */
export function geluTanh(x: Value): Value {
  if (x.graph.opset >= 20) return emit('Gelu', [x], { approximate: string('tanh') })
  const cubic = mul(x, add(mul(mul(x, x), 0.044715), 1)) // x + 0.044715x³
  return mul(mul(x, add(tanh(mul(cubic, Math.sqrt(2 / Math.PI))), 1)), 0.5)
}

/** x limited to [low, high]. */
export function clip(x: Value, low: number, high: number): Value {
  return emit('Clip', [x, x.graph.constant(x.dtype, low), x.graph.constant(x.dtype, high)])
}

/** x in another element type; floats become integers by cutting off their fraction. */
export function cast(x: Value, dtype: DType): Value {
  return x.dtype === dtype ? x : emit('Cast', [x], { to: int(dataTypes[dtype]) })
}
