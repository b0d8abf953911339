import { joinBytes } from '../onnx/wire.js'
import { buildZip, type ZipEntry } from './build-zip.js'

// Pickles by hand, as texts whose characters are bytes, and the files of PyTorch that hold one.

/** The bytes of such a text. */
export function raw(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** An integer of so many bytes, little-endian. */
export function little(value: number, bytes: number): string {
  return Array.from({ length: bytes }, (_, i) =>
    String.fromCharCode(Number((BigInt(value) >> BigInt(8 * i)) & 255n)),
  ).join('')
}

/** The opcodes for a string. */
export function text(value: string): string {
  return `X${little(value.length, 4)}${value}`
}

/** The opcodes for a tuple of integers. */
export function integers(values: number[]): string {
  return `(${values.map((value) => `\x8a\x08${little(value, 8)}`).join('')}t`
}

/** The opcodes for a dict of one entry. */
export function dict(value: string, key = 'weight'): string {
  return `}${text(key)}${value}s`
}

/** The opcodes that name a storage of PyTorch, by default that of `fourFloats`. */
export function storage(type = 'FloatStorage', key = '0', count = 4): string {
  return `(${text('storage')}ctorch\n${type}\n${text(key)}${text('cpu')}J${little(count, 4)}tQ`
}

/** The opcodes for a tensor of PyTorch. */
export function tensor(shape: number[], strides: number[], offset = 0, from = storage()): string {
  const layout = `\x8a\x08${little(offset, 8)}${integers(shape)}${integers(strides)}`
  return `ctorch._utils\n_rebuild_tensor_v2\n(${from}${layout}\x89}tR`
}

/** The opcodes for an array of numpy, given those of its state: version, shape, dtype, order and bytes. */
export function ndarray(state: string): string {
  return `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85C\x01btR(${state}tb`
}

/** The opcodes for the dtype `<f4`. */
export const float32 = 'cnumpy\ndtype\n(U\x02f4\x89\x88tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb'

/** The storage of every file here. */
export const fourFloats = new Uint8Array(16)

/** A file as PyTorch writes it, with one storage, `0`. */
export function torchZip(pickle: string): Uint8Array {
  return buildZip(torchEntries(pickle))
}

/** The entries of such a file. */
export function torchEntries(pickle: string): [pickle: ZipEntry, storage: ZipEntry] {
  return [
    { name: 'archive/data.pkl', data: raw(pickle) },
    { name: 'archive/data/0', data: fourFloats },
  ]
}

/** The magic number, version and system of a legacy file. */
const legacyStart = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.'

/** A file as PyTorch wrote it before 1.6, with the storage `key` if one is given; it says that it has `count` elements. */
export function legacyTorch(pickle: string, key?: string, count = 4): Uint8Array {
  // Here the identifier of a storage has a sixth part, which is None.
  const start = legacyStart + pickle.replaceAll('tQ', 'NtQ')
  if (key === undefined) return raw(`${start}\x80\x02].`)
  return joinBytes([raw(`${start}\x80\x02]${text(key)}a.${little(count, 8)}`), fourFloats])
}
