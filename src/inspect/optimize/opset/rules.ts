import {
  type Attributes,
  type DType,
  type Graph,
  int,
  type Node,
  ops,
  type Replacement,
  string,
  tensor,
  type Value,
} from '../../../onnx/index.js'
import { numbersFor } from '../clean/known-shapes.js'
import { changed } from '../pass.js'

/** What takes a node's place in a newer opset; undefined where that cannot be told. */
type Conversion = (node: Node) => Replacement | undefined

/** A change of an operator: the opset that brought it, and what a node from before it becomes. */
export interface Change {
  since: number
  convert: Conversion
}

const without = (attributes: Attributes, ...names: readonly string[]): Attributes =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)))

/** Attributes that became inputs, in the order of these. Each gives undefined where the input is left out. */
function asInputs(node: Node, names: readonly string[], given: readonly (Constant | undefined)[]): Replacement {
  const rest = without(node.attributes, ...names)
  return {
    inputs: [node.input(0)],
    emit([x], graph) {
      const inputs = [x, ...given.map((constant) => constant && constantIn(graph, constant))]
      while (inputs.at(-1) === undefined) inputs.pop()
      return graph.emit(node.op, inputs, rest, node.outputs.length)
    },
  }
}

interface Constant {
  dtype: DType
  values: number | readonly number[]
}

const constantIn = (graph: Graph, { dtype, values }: Constant) => graph.constant(dtype, values)

const listOf = (node: Node, name: string): Constant | undefined =>
  node.attributes[name] && { dtype: 'int64', values: node.ints(name) }

const axesToInput: Conversion = (node) => asInputs(node, ['axes'], [listOf(node, 'axes')])

/** Softmax went from a matrix, of all axes before and after, to a single axis. */
const softmax: Conversion = (node) => {
  const x = node.input(0)
  if (!x.isTyped) return undefined
  const axis = node.int('axis', 1)
  if (axis === -1 || axis === x.rank - 1) return changed(node, [x], { axis: int(-1) })
  const shape = numbersFor(x)
  if (!shape) return undefined
  return {
    inputs: [x],
    emit([x], graph) {
      const [rows] = graph.emit('Flatten', [x], { axis: int(axis) })
      const [result] = graph.emit(node.op, [rows], { axis: int(-1) })
      return [ops.reshape(result!, shape)]
    },
  }
}

const clip: Conversion = (node) => {
  const limit = (name: string): Constant | undefined =>
    node.attributes[name] && { dtype: node.input(0).dtype, values: node.float(name) }
  return node.input(0).isTyped ? asInputs(node, ['min', 'max'], [limit('min'), limit('max')]) : undefined
}

const pad: Conversion = (node) => {
  if (!node.input(0).isTyped) return undefined
  const value: Constant = { dtype: node.input(0).dtype, values: node.float('value', 0) }
  return asInputs(node, ['pads', 'value'], [listOf(node, 'pads'), value])
}

const slice: Conversion = (node) =>
  asInputs(node, ['starts', 'ends', 'axes'], [listOf(node, 'starts'), listOf(node, 'ends'), listOf(node, 'axes')])

const dropout: Conversion = (node) => changed(node, [node.input(0)], without(node.attributes, 'ratio'))

const evenSplit: Conversion = (node) =>
  node.inputs[1]
    ? changed(node, node.inputs)
    : changed(node, node.inputs, { ...node.attributes, num_outputs: int(node.outputs.length) })

const batchNormalization: Conversion = (node) =>
  node.outputs.length > 1 || node.int('spatial', 1) !== 1
    ? undefined
    : changed(node, node.inputs, without(node.attributes, 'spatial', 'momentum'))

/** From before opset 11 pixels are counted from their corners. */
const resize: Conversion = (node) => {
  const [x, scales] = node.inputs
  if (!x || !scales) return undefined
  const coordinates = { coordinate_transformation_mode: string('asymmetric'), nearest_mode: string('floor') }
  return {
    inputs: [x, scales],
    emit([x, scales], graph) {
      const roi = graph.initializer(`${node.output.name}_roi`, 'float32', [0], tensor('float32', []).data)
      return graph.emit('Resize', [x, roi, scales], { ...node.attributes, ...coordinates })
    },
  }
}

/** Inputs that are not given were empty constants before. */
const omitEmpty: Conversion = (node) =>
  changed(
    node,
    node.inputs.map((input) => (isEmpty(input) ? undefined : input)),
  )

const isEmpty = (value: Value | undefined) => value?.isConstant && value.isTyped && value.shape.includes(0)

const gridSample: Conversion = (node) => {
  const mode = node.string('mode', 'bilinear')
  const name = { bilinear: 'linear', bicubic: 'cubic' }[mode] ?? mode
  return changed(node, node.inputs, { ...node.attributes, mode: string(name) })
}

const roiAlign: Conversion = (node) =>
  changed(node, node.inputs, { coordinate_transformation_mode: string('output_half_pixel'), ...node.attributes })

const reductions = ['Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare']

/** Operators whose meaning or arguments changed, by the ONNX changelog; each change in turn. */
export const changes: Readonly<Record<string, readonly Change[]>> = {
  ...Object.fromEntries(reductions.map((name) => [`Reduce${name}`, [{ since: 18, convert: axesToInput }]])),
  ReduceSum: [{ since: 13, convert: axesToInput }],
  Squeeze: [{ since: 13, convert: axesToInput }],
  Unsqueeze: [{ since: 13, convert: axesToInput }],
  Softmax: [{ since: 13, convert: softmax }],
  LogSoftmax: [{ since: 13, convert: softmax }],
  Split: [
    { since: 13, convert: (node) => asInputs(node, ['split'], [listOf(node, 'split')]) },
    { since: 18, convert: evenSplit },
  ],
  Slice: [{ since: 10, convert: slice }],
  Clip: [{ since: 11, convert: clip }],
  Pad: [{ since: 11, convert: pad }],
  Dropout: [{ since: 12, convert: dropout }],
  BatchNormalization: [{ since: 14, convert: batchNormalization }],
  Upsample: [{ since: 11, convert: resize }],
  Resize: [
    { since: 11, convert: resize },
    { since: 13, convert: omitEmpty },
  ],
  GridSample: [{ since: 20, convert: gridSample }],
  RoiAlign: [{ since: 16, convert: roiAlign }],
}

/** Operators that only learned new types and options since opset 7. */
export const unchanged: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BitShift Cast CastLike Ceil Celu Concat
  Constant ConstantOfShape Conv ConvTranspose Cos Cosh CumSum DepthToSpace DequantizeLinear Div DynamicQuantizeLinear
  Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm GlobalAveragePool
  GlobalMaxPool Greater GreaterOrEqual HardSigmoid HardSwish Identity InstanceNormalization IsInf IsNaN LRN LSTM
  LayerNormalization LeakyRelu Less LessOrEqual Log LpNormalization MatMul MatMulInteger ConvInteger Max MaxPool Mean Min
  Mish Mod Mul Neg NonMaxSuppression NonZero Not OneHot Or PRelu Pow QLinearConv QLinearMatMul QuantizeLinear RNN
  RMSNormalization Range Reciprocal Relu Reshape Round ScatterElements ScatterND Selu Shape Sigmoid Sign Sin Sinh Size
  Softplus Softsign SpaceToDepth Sqrt Sub Sum Swish Tan Tanh ThresholdedRelu Tile Transpose Trilu Where Xor`.split(
    /\s+/,
  ),
)
