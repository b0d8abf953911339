import type { DType } from '../onnx/tensor.js'

/** By kind and size. `V2`, two bytes of no known kind, is how numpy writes the bfloat16 of JAX. */
const dtypes = new Map<string, DType>([
  ['f2', 'float16'],
  ['f4', 'float32'],
  ['f8', 'float64'],
  ['V2', 'bfloat16'],
  ['b1', 'bool'],
  ['i1', 'int8'],
  ['i2', 'int16'],
  ['i4', 'int32'],
  ['i8', 'int64'],
  ['u1', 'uint8'],
  ['u2', 'uint16'],
  ['u4', 'uint32'],
  ['u8', 'uint64'],
])

/**
 * The element type of one of numpy's type strings, such as `<f4` (https://numpy.org/doc/stable/reference/arrays.interface.html),
 * or undefined for what is no plain little-endian number.
 */
export function parseNumpyDtype(text: string): DType | undefined {
  const [, order, kind] = /^([<|=>]?)(.*)$/s.exec(text) ?? []
  if (order === '>' && !kind!.endsWith('1')) return undefined
  return dtypes.get(kind!)
}
