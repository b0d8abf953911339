import { UserError } from '../../errors.js'
import { elementCount, type Tensor } from '../../onnx/tensor.js'
import { gather } from '../strided.js'

/** Where a tensor comes from, for error messages: its file and the name it has there. */
export interface Origin {
  file: string
  name: string
}

/** How a library lays out a tensor that it does not keep as PyTorch does. */
export interface LayoutConversion {
  /** From the library's layout to PyTorch's. */
  read(tensor: Tensor, origin: Origin): Tensor
  /** And back, for the libraries that Vitrine writes for. */
  write?(tensor: Tensor): Tensor
  /** Whether the numbers change their order, and so are copied. */
  reorders: boolean
}

/** [in, out] of a linear layer's weight to [out, in]; its bias [out] is the same for all. */
const transposed: LayoutConversion = {
  read: (tensor, origin) => {
    const [rows, columns] = sizes(tensor, origin, 2, 1)
    return columns === undefined ? tensor : transpose(tensor, rows!, columns)
  },
  reorders: true,
}

/** [height, width, in, out] of a convolution's kernel to [out, in, height, width]; its bias stays. */
const hwio: LayoutConversion = {
  read: (tensor, origin) => {
    const [height, width, input, output] = sizes(tensor, origin, 4, 1)
    if (output === undefined) return tensor
    const shape = [output, input!, height!, width!]
    const strides = [1, output, width! * input! * output, input! * output]
    const { dtype, data } = tensor
    return { dtype, shape, data: gather(dtype, data, { offset: 0, shape, strides }, elementCount(shape)) }
  },
  reorders: true,
}

/** [in, heads, head size] to [heads · head size, in]; of a bias, [heads, head size] to [heads · head size]. */
const headsOut: LayoutConversion = {
  read: (tensor, origin) => {
    const [first, second, third] = sizes(tensor, origin, 3, 2)
    if (third === undefined) return { ...tensor, shape: [first! * second!] }
    return transpose(tensor, first!, second! * third)
  },
  reorders: true,
}

/** [heads, head size, out] to [out, heads · head size]; the bias [out] stays. */
const headsIn: LayoutConversion = {
  read: (tensor, origin) => {
    const [heads, size, output] = sizes(tensor, origin, 3, 1)
    return output === undefined ? tensor : transpose(tensor, heads! * size!, output)
  },
  reorders: true,
}

/** A tensor without the leading axes of length 1 that Vitrine's has. */
const ofRank = (rank: number, canonicalRank: number): LayoutConversion => ({
  read: (tensor, origin) => {
    sizes(tensor, origin, rank)
    return { ...tensor, shape: [...Array<number>(canonicalRank - rank).fill(1), ...tensor.shape] }
  },
  write: (tensor) => ({ ...tensor, shape: tensor.shape.slice(canonicalRank - rank) }),
  reorders: false,
})

/** The words that tables of names use for layouts. */
export const layouts = {
  transposed,
  HWIO: hwio,
  'heads out': headsOut,
  'heads in': headsIn,
  /** [dim] for a token [1, 1, dim]. */
  'rank 1': ofRank(1, 3),
  /** [tokens, dim] for [1, tokens, dim]. */
  'rank 2': ofRank(2, 3),
}

/** The shape of a tensor that must have one of the given ranks. */
function sizes({ shape }: Tensor, { file, name }: Origin, ...ranks: number[]): readonly (number | undefined)[] {
  if (ranks.includes(shape.length)) return shape
  throw new UserError(
    `${file} holds ${name} with the shape [${shape}], but it should have ${ranks[0]} axes: choose another file`,
  )
}

/** [rows, columns] of float32 to [columns, rows], in squares small enough to stay in the cache. */
function transpose({ data }: Tensor, rows: number, columns: number): Tensor {
  const source = data as Float32Array
  const result = new Float32Array(rows * columns)
  const shape = [columns, rows]
  // The loops below would take forever over [2⁵⁰, 0].
  if (result.length === 0) return { dtype: 'float32', shape, data: result }
  const side = 32
  for (let top = 0; top < rows; top += side) {
    const bottom = Math.min(top + side, rows)
    for (let left = 0; left < columns; left += side) {
      const right = Math.min(left + side, columns)
      for (let column = left; column < right; column++)
        for (let row = top; row < bottom; row++) result[column * rows + row] = source[row * columns + column]!
    }
  }
  return { dtype: 'float32', shape, data: result }
}
