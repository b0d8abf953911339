import { float, int, ints, ops, type Value } from '../onnx/index.js'
import { Random } from '../random.js'
import { type Build, gradientError, randomTensor } from './finite-differences.js'

/** One rule to try: an operation whose gradient central differences can check. */
export interface GradientCase {
  op: string
  name?: string
  build: Build
  shapes: number[][]
  /** Moves the inputs to where the function is smooth, such as above zero for a square root. */
  domain?: (x: number) => number
  opset?: number
}

const away = (x: number) => (Math.abs(x) < 0.1 ? x + 0.5 : x)
const positive = (x: number) => Math.abs(x) + 0.5

const emitting =
  (op: string, attributes = {}): Build =>
  (...inputs) =>
    inputs[0]!.graph.emit(op, inputs, attributes)[0]!

const indices = (x: Value, values: number[], shape = [values.length]) =>
  ops.reshape(x.graph.constant('int64', values), shape)

/** At least one case for every rule; several where attributes, axes or the opset matter. */
export const gradientCases: readonly GradientCase[] = [
  {
    op: 'Add',
    name: 'broadcast both ways',
    build: ops.add,
    shapes: [
      [2, 1, 3],
      [4, 1],
    ],
  },
  { op: 'Sub', build: ops.sub, shapes: [[2, 3], [3]] },
  {
    op: 'Mul',
    build: ops.mul,
    shapes: [
      [2, 3],
      [2, 1],
    ],
  },
  { op: 'Mul', name: 'a value with itself', build: (x) => ops.mul(x, x), shapes: [[3]] },
  { op: 'Div', build: ops.div, shapes: [[2, 3], [3]], domain: positive },
  { op: 'Pow', name: 'squared', build: (x) => ops.pow(x, 2), shapes: [[4]] },
  { op: 'Pow', build: ops.pow, shapes: [[4], [1]], domain: positive },
  { op: 'Max', build: ops.max, shapes: [[9], [9]] },
  { op: 'Min', build: ops.min, shapes: [[9], [9]] },
  {
    op: 'Sum',
    build: (a, b, c) => ops.sum([a!, b!, c!]),
    shapes: [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
  },
  {
    op: 'Where',
    build: (a, b) => ops.where(ops.greater(ops.identity(a!), 0), a!, b!),
    shapes: [[2, 3], [3]],
    domain: away,
  },
  { op: 'Abs', build: ops.abs, shapes: [[9]], domain: away },
  { op: 'Cast', build: (x) => ops.cast(ops.mul(ops.cast(x, 'float64'), 2), 'float32'), shapes: [[5]] },
  { op: 'Clip', build: (x) => ops.clip(x, -0.9, 0.9), shapes: [[9]] },
  { op: 'Cos', build: ops.cos, shapes: [[5]] },
  { op: 'Dropout', name: 'as exported for inference', build: emitting('Dropout'), shapes: [[5]] },
  { op: 'Erf', build: ops.erf, shapes: [[9]] },
  { op: 'Exp', build: ops.exp, shapes: [[5]] },
  { op: 'Gelu', build: ops.gelu, shapes: [[9]] },
  { op: 'Gelu', build: ops.geluTanh, shapes: [[9]] },
  { op: 'Identity', build: ops.identity, shapes: [[5]] },
  { op: 'Log', build: ops.log, shapes: [[5]], domain: positive },
  { op: 'Neg', build: ops.neg, shapes: [[5]] },
  { op: 'Reciprocal', build: ops.reciprocal, shapes: [[5]], domain: positive },
  { op: 'Relu', build: ops.relu, shapes: [[9]], domain: away },
  { op: 'Sigmoid', build: ops.sigmoid, shapes: [[5]] },
  { op: 'Sin', build: ops.sin, shapes: [[5]] },
  { op: 'Sqrt', build: ops.sqrt, shapes: [[5]], domain: positive },
  { op: 'Tanh', build: ops.tanh, shapes: [[5]] },
  { op: 'Expand', build: (x) => ops.expand(x, [2, 4, 3]), shapes: [[4, 1]] },
  { op: 'Flatten', build: emitting('Flatten', { axis: int(2) }), shapes: [[2, 3, 2, 2]] },
  { op: 'Reshape', build: (x) => ops.reshape(x, [0, -1]), shapes: [[2, 3, 2]] },
  { op: 'Squeeze', build: (x) => ops.squeeze(x, [1]), shapes: [[2, 1, 3]] },
  { op: 'Squeeze', name: 'opset 11', build: (x) => ops.squeeze(x, [1]), shapes: [[2, 1, 3]], opset: 11 },
  { op: 'Unsqueeze', build: (x) => ops.unsqueeze(x, [0, 2]), shapes: [[2, 3]] },
  { op: 'Transpose', build: (x) => ops.transpose(x, [2, 0, 1]), shapes: [[2, 3, 4]] },
  { op: 'Transpose', name: 'reversed by default', build: emitting('Transpose'), shapes: [[2, 3, 4]] },
  {
    op: 'Concat',
    build: (a, b) => ops.concat([a!, b!], 1),
    shapes: [
      [2, 1, 2],
      [2, 3, 2],
    ],
  },
  {
    op: 'Split',
    build: (x) => {
      const [a, , c] = ops.split(x, [1, 2, 3], 1)
      return ops.concat([c!, a!], 1)
    },
    shapes: [[2, 6]],
  },
  { op: 'Slice', build: (x) => ops.slice(x, [1, 0], [3, -1], [0, 2]), shapes: [[4, 2, 3]] },
  { op: 'Slice', name: 'backwards', build: (x) => ops.slice(x, [-2], [-(2 ** 31)], [1], [-1]), shapes: [[2, 5]] },
  { op: 'Pad', build: (x) => ops.pad(x, [1, 0], [0, 2]), shapes: [[2, 3]] },
  { op: 'Gather', name: 'one slice', build: (x) => ops.gather(x, -2, 1), shapes: [[2, 3, 2]] },
  {
    op: 'Gather',
    name: 'one of them twice',
    build: (x) => ops.gather(x, indices(x, [2, 0, 2, 1], [2, 2]), 1),
    shapes: [[2, 3, 2]],
  },
  { op: 'ReduceSum', build: (x) => ops.reduceSum(x, [0, 2], false), shapes: [[2, 3, 2]] },
  { op: 'ReduceSum', name: 'opset 11', build: (x) => ops.reduceSum(x, [1], true), shapes: [[2, 3]], opset: 11 },
  { op: 'ReduceMean', build: (x) => ops.reduceMean(x, [-1], false), shapes: [[2, 3, 2]] },
  { op: 'ReduceMean', name: 'opset 13', build: (x) => ops.reduceMean(x, [1], true), shapes: [[2, 3]], opset: 13 },
  { op: 'ReduceSumSquare', build: (x) => ops.sumSquares(x), shapes: [[2, 3]] },
  { op: 'ReduceL2', build: (x) => x.graph.emit('ReduceL2', [x, x.graph.constant('int64', [1])])[0]!, shapes: [[2, 3]] },
  { op: 'ReduceMax', build: (x) => ops.reduceMax(x, [1], false), shapes: [[3, 4]] },
  { op: 'Softmax', build: ops.softmax, shapes: [[2, 2, 4]] },
  { op: 'Softmax', name: 'over a middle axis', build: emitting('Softmax', { axis: int(1) }), shapes: [[2, 3, 2]] },
  { op: 'LogSoftmax', build: ops.logSoftmax, shapes: [[3, 4]] },
  {
    op: 'LayerNormalization',
    build: (x, s, b) => ops.layerNormalization(x!, s!, b!, 1e-6),
    shapes: [[2, 3, 5], [5], [5]],
  },
  {
    op: 'LayerNormalization',
    name: 'over two axes',
    build: emitting('LayerNormalization', { axis: int(1), epsilon: float(1e-5) }),
    shapes: [
      [2, 3, 4],
      [3, 4],
      [3, 4],
    ],
  },
  {
    op: 'MatMul',
    build: ops.matMul,
    shapes: [
      [2, 3],
      [3, 4],
    ],
  },
  {
    op: 'MatMul',
    name: 'one matrix for the batch',
    build: ops.matMul,
    shapes: [
      [2, 2, 3],
      [3, 4],
    ],
  },
  {
    op: 'MatMul',
    name: 'batches that broadcast',
    build: ops.matMul,
    shapes: [
      [2, 1, 2, 3],
      [4, 3, 2],
    ],
  },
  ...[0, 1, 2, 3].map((bits): GradientCase => {
    const [transA, transB] = [(bits & 1) === 1, (bits & 2) === 2]
    const shapes = [transA ? [3, 2] : [2, 3], transB ? [4, 3] : [3, 4], [4]]
    return {
      op: 'Gemm',
      name: `transA ${transA} transB ${transB}`,
      build: (a, b, c) => ops.gemm(a!, b!, c, { transA, transB }),
      shapes,
    }
  }),
  {
    op: 'Gemm',
    name: 'scaled',
    build: emitting('Gemm', { alpha: float(0.5), beta: float(2) }),
    shapes: [
      [2, 3],
      [3, 2],
      [2, 2],
    ],
  },
  {
    op: 'Conv',
    name: 'patches',
    build: (x, w, b) => ops.conv(x!, w!, b, [2, 2]),
    shapes: [[2, 3, 4, 6], [2, 3, 2, 2], [2]],
  },
  {
    op: 'Conv',
    name: 'padded, strided and dilated',
    build: emitting('Conv', { strides: ints([2, 1]), pads: ints([1, 0, 2, 1]), dilations: ints([1, 2]) }),
    shapes: [[2, 2, 6, 5], [3, 2, 3, 2], [3]],
  },
]

/** Central differences with step 0.01 of float32 results are good to about 1e-3; a wrong rule is off by 1e-1 or more. */
export const caseTolerance = 4e-3

/** The relative error of the case's gradients against central differences, at random inputs that its name seeds. */
export function caseError({ op, name, build, shapes, domain, opset }: GradientCase): Promise<number> {
  const random = new Random(op, name ?? '')
  const tensors = shapes.map((shape) => {
    const tensor = randomTensor(shape, random)
    return domain ? { ...tensor, data: (tensor.data as Float32Array).map(domain) } : tensor
  })
  return gradientError(build, tensors, opset)
}
