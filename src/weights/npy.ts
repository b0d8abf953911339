import { UserError } from '../errors.js'
import { bytesPerElement, elementCount, type Tensor } from '../onnx/tensor.js'
import { arrange, viewWithin } from './lazy-tensor.js'
import { parseNumpyDtype } from './numpy-dtype.js'
import { fortranStrides } from './strided.js'
import { type Budget, isShape, plain, quote } from './untrusted.js'

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]

/** Python writes the header as a dict. Only the one form that numpy writes is taken; nothing is evaluated. */
const headerPattern =
  /^\{\s*'descr'\s*:\s*'([^']*)'\s*,\s*'fortran_order'\s*:\s*(True|False)\s*,\s*'shape'\s*:\s*\(([\d\sL,]*)\)(?:\s*,)?\s*\}\s*$/

/** numpy itself refuses longer ones; a hundred bytes are usual. */
const maxHeader = 10_000

/** Does a file begin as `.npy` files do? */
export function isNpy(bytes: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte)
}

/**
 * Reads a `.npy` file, versions 1 to 3 (numpy.lib.format). The tensor is a view of `bytes` where they are aligned and
 * in row-major order. `name` is that of the file for errors.
 * @throws UserError where the file is broken, or holds anything but little-endian numbers
 */
export function parseNpy(bytes: Uint8Array, name: string, budget: Budget): Tensor {
  const invalid = (problem: string) =>
    new UserError(`${name} is not a valid .npy file (${problem}): download or save it again`)
  const { header, data } = split(bytes, invalid)
  const [, descr, order, sizes] = headerPattern.exec(header) ?? []
  if (descr === undefined) throw invalid('its header is not as numpy writes it')
  const dtype = parseNumpyDtype(descr)
  if (dtype === undefined) throw invalid(`its elements are of the kind ${plain(descr)}, not little-endian numbers`)
  const shape = parseShape(sizes!)
  if (shape === undefined) throw invalid(`its shape ${quote(sizes)} is impossible`)
  const size = elementCount(shape) * bytesPerElement(dtype)
  if (size !== data.length) throw invalid(`its data should have ${size} bytes, but have ${data.length}`)

  const values = viewWithin(dtype, data, budget)
  if (order === 'False') return { dtype, shape, data: values }
  const layout = { offset: 0, shape, strides: fortranStrides(shape) }
  return { dtype, shape, data: arrange(dtype, values, layout, budget) }
}

function split(bytes: Uint8Array, invalid: (problem: string) => UserError): { header: string; data: Uint8Array } {
  if (!isNpy(bytes) || bytes.length < 12) throw invalid('it does not begin as one')
  const version = bytes[6]!
  if (version < 1 || version > 3) throw invalid(`its version ${version} is unknown`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const [start, length] = version === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)]
  if (length > maxHeader || start + length > bytes.length) throw invalid(`its header should have ${length} bytes`)
  const header = new TextDecoder().decode(bytes.subarray(start, start + length))
  return { header, data: bytes.subarray(start + length) }
}

/** `3, 4`, `3,` or nothing; Python 2 may write `3L`. */
function parseShape(text: string): number[] | undefined {
  const sizes = text
    .replace(/,\s*$/, '')
    .split(',')
    .map((size) => size.trim().replace(/L$/, ''))
  if (sizes.length === 1 && sizes[0] === '') return []
  const shape = sizes.map((size) => (/^\d+$/.test(size) ? Number(size) : Number.NaN))
  return isShape(shape) ? shape : undefined
}
