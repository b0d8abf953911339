import { addDims, type Dim, divideDims, floorDivideDim, isPositive, multiplyDims, subtractDims } from '../dim.js'
import { type Attributes, int, type Node, string, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { type DType, dataTypes, dtypeOfNumber } from '../tensor.js'
import { asValue, broadcastShapes, elementsOf, emit, likeFirst, type Operand, sameDType } from './common.js'

type Fold = (a: Dim, b: Dim, dtype: DType) => Dim | undefined

/** Applies `fold` element by element where both contents are known, and one of them tells of shapes. */
function foldContents(a: Value, b: Value, fold: Fold): readonly Dim[] | undefined {
  if (!a.content && !b.content) return undefined
  const [x, y] = [elementsOf(a), elementsOf(b)]
  if (!x || !y || (x.length !== y.length && x.length !== 1 && y.length !== 1)) return undefined
  const length = x.length === 0 || y.length === 0 ? 0 : Math.max(x.length, y.length)
  const result = Array.from({ length }, (_, i) => {
    const element = fold(x[x.length === 1 ? 0 : i]!, y[y.length === 1 ? 0 : i]!, a.dtype)
    return typeof element === 'number' ? rounded(element, a.dtype) : element
  })
  return result.every((dim) => dim !== undefined) ? result : undefined
}

/** The number as the element type holds it. */
const rounded = (element: number, dtype: DType) => (dtype === 'float32' ? Math.fround(element) : element)

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

const numeric =
  (compute: (a: number, b: number) => number): Fold =>
  (a, b) =>
    typeof a === 'number' && typeof b === 'number' ? compute(a, b) : undefined

/** Computes with numbers or with symbols; those have integers beside them only. */
const eitherWay =
  (compute: (a: number, b: number) => number, symbolic: (a: Dim, b: Dim) => Dim): Fold =>
  (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return compute(a, b)
    return [a, b].every((dim) => typeof dim === 'string' || Number.isSafeInteger(dim)) ? symbolic(a, b) : undefined
  }

const divide: Fold = (a, b, dtype) => {
  const isInteger = dtype.includes('int')
  if (typeof a === 'number' && typeof b === 'number') return isInteger ? Math.trunc(a / b) : a / b
  const exact = divideDims(a, b)
  if (exact !== undefined || !isInteger) return exact
  // Rounding towards zero is rounding down for what cannot be negative.
  return typeof b === 'number' && b > 0 && isPositive(a) ? floorDivideDim(a, b) : undefined
}

// Sizes are positive, so a symbol never equals zero or a negative number such as the -1 of Reshape.
const equals: Fold = (a, b) => {
  if (a === b) return 1
  if (typeof a === typeof b) return typeof a === 'number' ? 0 : undefined
  const [size, number] = typeof a === 'number' ? [b, a] : [a, Number(b)]
  return number <= 0 && isPositive(size) ? 0 : undefined
}

const roundings: Record<string, (x: number) => number> = { Floor: Math.floor, Ceil: Math.ceil, Neg: (x) => -x }

const foldedUnary: Schema = (node) => {
  const x = node.input(0)
  const content = x.content?.map((dim) => (typeof dim === 'number' ? roundings[node.op]!(dim) : undefined))
  return { dtype: x.dtype, shape: x.shape, content: content?.every((dim) => dim !== undefined) ? content : undefined }
}

const variadic: Schema = (node) => {
  const inputs = node.inputs.map((_, i) => node.input(i))
  return {
    dtype: sameDType(node.input(0), ...inputs),
    shape: broadcastShapes(node.graph, ...inputs.map((input) => input.shape)),
  }
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
  Min: variadic,
  Max: variadic,
  Sum: variadic,
  Where: whereSchema,
  Cast: castSchema,
  ...Object.fromEntries(Object.keys(roundings).map((op) => [op, foldedUnary])),
  ...Object.fromEntries(
    [
      'Abs',
      'Clip',
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
  ...named(
    likeFirst,
    'Softsign',
    'Swish',
    'Tan',
    'ThresholdedRelu',
    'Bernoulli',
    'RandomNormalLike',
    'RandomUniformLike',
  ),
  ...named(test, 'IsInf', 'IsNaN'),
  ...named(arithmetic(), 'BitShift', 'BitwiseAnd', 'BitwiseOr', 'BitwiseXor'),
  CastLike: castLikeSchema,
  Mean: variadic,
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
