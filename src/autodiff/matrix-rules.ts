import { formatShape } from '../onnx/dim.js'
import { ints, type Value } from '../onnx/node.js'
import { convolutionOf } from '../onnx/ops/convolution.js'
import { gemm, matMul, mul, reduceSum, reshape, slice, transpose } from '../onnx/ops/index.js'
import type { Rule } from './rule.js'
import { reshapeLike, sizeOf, unbroadcast } from './shapes.js'

/** The last two axes of x exchanged. */
function transposeMatrix(x: Value): Value {
  const axes = x.shape.map((_, i) => i)
  return transpose(x, [...axes.slice(0, -2), x.rank - 1, x.rank - 2])
}

/** x with all axes but the last joined. */
const rows = (x: Value): Value => (x.rank === 2 ? x : reshape(x, [-1, sizeOf(x, [x.rank - 1])]))

export const matMulRule: Rule = ({ inputs: [a, b], dy }) => {
  if (a!.rank < 2 || b!.rank < 2)
    throw new Error(`a product with a vector, ${formatShape(a!.shape)} by ${formatShape(b!.shape)}, is not supported`)
  // One matrix for the whole batch: plain matrix products, whose transposition costs nothing.
  if (b!.rank === 2)
    return [
      () => reshapeLike(gemm(rows(dy), b!, undefined, { transB: true }), a!),
      () => gemm(rows(a!), rows(dy), undefined, { transA: true }),
    ]
  return [
    () => unbroadcast(matMul(dy, transposeMatrix(b!)), a!),
    () => unbroadcast(matMul(transposeMatrix(a!), dy), b!),
  ]
}

export const gemmRule: Rule = ({ node, inputs: [a, b, c], dy }) => {
  const transA = node.int('transA', 0) === 1
  const transB = node.int('transB', 0) === 1
  const scaled = (value: Value, name: 'alpha' | 'beta') => {
    const factor = node.float(name, 1)
    return factor === 1 ? value : mul(value, factor)
  }
  return [
    () =>
      scaled(
        transA
          ? gemm(b!, dy, undefined, { transA: transB, transB: true })
          : gemm(dy, b!, undefined, { transB: !transB }),
        'alpha',
      ),
    () =>
      scaled(
        transB
          ? gemm(dy, a!, undefined, { transA: true, transB: transA })
          : gemm(a!, dy, undefined, { transA: !transA }),
        'alpha',
      ),
    () => scaled(unbroadcast(dy, c!), 'beta'),
  ]
}

/** Gradients of a convolution, themselves convolutions (Dumoulin and Visin, 2016). Groups are not supported. */
export const convRule: Rule = ({ node, inputs: [x, weight], dy }) => {
  const { kernel, strides, pads, dilations, group } = convolutionOf(node)
  if (group !== 1) throw new Error('convolutions in groups are not supported')
  const space = kernel.map((_, i) => i + 2)
  const inputGradient = () => {
    // Rows and columns at the far edge that no kernel reached.
    const rest = space.map((axis, i) => {
      const covered = strides[i]! * (sizeOf(dy, [axis]) - 1) + dilations[i]! * (kernel[i]! - 1) + 1
      return sizeOf(x!, [axis]) + pads[i]! + pads[i + kernel.length]! - covered
    })
    const attributes = {
      strides: ints(strides),
      pads: ints(pads),
      dilations: ints(dilations),
      output_padding: ints(rest),
    }
    return x!.graph.emit('ConvTranspose', [dy, weight!], attributes)[0]!
  }
  const weightGradient = () => {
    // Correlates the input with dy: batch and channels change roles, and so do strides and dilations.
    const swap = [1, 0, ...space]
    const attributes = { strides: ints(dilations), pads: ints(pads), dilations: ints(strides) }
    const correlation = x!.graph.emit('Conv', [transpose(x!, swap), transpose(dy, swap)], attributes)[0]!
    const zeros = kernel.map(() => 0)
    return transpose(slice(correlation, zeros, kernel, space), swap)
  }
  return [inputGradient, weightGradient, () => reduceSum(dy, [0, ...space], false)]
}
