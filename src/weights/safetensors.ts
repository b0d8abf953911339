import { UserError } from '../errors.js'
import { bytesOf, bytesPerElement, type DType, elementCount, type Tensor, viewBytes } from '../onnx/tensor.js'
import { isSizes, quote } from './untrusted.js'

/**
 * The names of element types in a safetensors file, in the order of the reference implementation: it writes tensors
 * from the last type of this list to the first, so that each one is aligned to its own element size.
 */
const dtypes = new Map<string, DType>([
  ['BOOL', 'bool'],
  ['U8', 'uint8'],
  ['I8', 'int8'],
  ['I16', 'int16'],
  ['U16', 'uint16'],
  ['F16', 'float16'],
  ['BF16', 'bfloat16'],
  ['I32', 'int32'],
  ['U32', 'uint32'],
  ['F32', 'float32'],
  ['F64', 'float64'],
  ['I64', 'int64'],
  ['U64', 'uint64'],
])
const dtypeNames = new Map([...dtypes].map(([name, dtype]) => [dtype, name]))
const dtypeOrder = [...dtypeNames.keys()]

/** The bytes in front of the header: its length, as an unsigned 64 bit integer. */
const prefixBytes = 8
const metadataKey = '__metadata__'

/** What a safetensors file holds. */
export interface Safetensors {
  /** In the order of the file's data. */
  tensors: Map<string, Tensor>
  metadata: Record<string, string>
}

interface Entry {
  name: string
  dtype: DType
  shape: number[]
  begin: number
  end: number
}

/**
 * Reads a safetensors file (https://huggingface.co/docs/safetensors). The tensors are views of `bytes`, which must not
 * change afterwards; only where the file is not aligned to the element size is a tensor copied.
 * @throws UserError, naming `fileName`, where the file breaks any rule of the format
 */
export function parseSafetensors(bytes: Uint8Array, fileName: string): Safetensors {
  const invalid: Invalid = (problem) =>
    new UserError(`${fileName} is not a valid safetensors file (${problem}): download or export it again`)

  const { header, data } = split(bytes, invalid)
  const entries: Entry[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(header)) {
    if (name === metadataKey) metadata = readMetadata(value, invalid)
    else entries.push(readEntry(name, value, invalid))
  }
  checkLayout(entries, data.length, invalid)

  const tensors = new Map<string, Tensor>()
  for (const { name, dtype, shape, begin, end } of entries) {
    tensors.set(name, { dtype, shape, data: viewBytes(dtype, data.subarray(begin, end)) })
  }
  return { tensors, metadata }
}

type Invalid = (problem: string) => UserError

function split(bytes: Uint8Array, invalid: Invalid): { header: object; data: Uint8Array } {
  // A Node Buffer is a Uint8Array whose slice() shares memory; a plain one behaves alike everywhere.
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (plain.length < prefixBytes) throw invalid(`it ends after ${plain.length} bytes`)
  const headerBytes = Number(new DataView(plain.buffer, plain.byteOffset).getBigUint64(0, true))
  const dataStart = prefixBytes + headerBytes
  if (dataStart > plain.length) {
    throw invalid(`its header should have ${headerBytes} bytes, but the whole file has ${plain.length}`)
  }
  let header: unknown
  try {
    header = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(plain.subarray(prefixBytes, dataStart)))
  } catch {
    throw invalid('its header is not JSON')
  }
  if (!isObject(header)) throw invalid('its header is not a JSON object')
  return { header, data: plain.subarray(dataStart) }
}

function readMetadata(value: unknown, invalid: Invalid): Record<string, string> {
  if (!isObject(value) || !Object.values(value).every((item) => typeof item === 'string')) {
    throw invalid('its metadata are not strings')
  }
  return value as Record<string, string>
}

function readEntry(name: string, value: unknown, invalid: Invalid): Entry {
  const label = `tensor ${quote(name)}`
  if (!isObject(value)) throw invalid(`${label} is not described by an object`)
  const { dtype: dtypeName, shape, data_offsets: offsets } = value as Record<string, unknown>
  const dtype = dtypes.get(dtypeName as string)
  if (dtype === undefined) throw invalid(`${label} has the unknown dtype ${quote(dtypeName)}`)
  if (!isSizes(shape)) throw invalid(`${label} has the impossible shape ${quote(shape)}`)
  if (!isSizes(offsets) || offsets.length !== 2 || offsets[0]! > offsets[1]!) {
    throw invalid(`${label} has the impossible data_offsets ${quote(offsets)}`)
  }
  const [begin, end] = offsets as [number, number]
  const size = elementCount(shape) * bytesPerElement(dtype)
  if (end - begin !== size) throw invalid(`${label} needs ${size} bytes, but has ${end - begin}`)
  return { name, dtype, shape, begin, end }
}

/** Sorts the entries by their place in the data, which they must fill without overlaps or gaps. */
function checkLayout(entries: Entry[], dataBytes: number, invalid: Invalid): void {
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let next = 0
  for (const { name, begin, end } of entries) {
    if (begin !== next) throw invalid(`tensor ${quote(name)} begins at byte ${begin} of the data instead of ${next}`)
    next = end
  }
  if (next !== dataBytes) throw invalid(`its tensors take ${next} bytes, but ${dataBytes} follow the header`)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Writes a safetensors file, in pieces, all but the first of which are views of the tensors. The same tensors give the
 * same bytes whatever their order in the map, and the bytes that the Python package writes: tensors sorted by dtype, then
 * by name. (That package leaves the order of more than one metadata entry to chance; here they are sorted.)
 */
export function serializeSafetensors(tensors: Map<string, Tensor>, metadata?: Record<string, string>): Uint8Array[] {
  const sorted = [...tensors].sort(
    ([nameA, a], [nameB, b]) =>
      dtypeOrder.indexOf(b.dtype) - dtypeOrder.indexOf(a.dtype) || compareCodePoints(nameA, nameB),
  )
  const header = new TextEncoder().encode(headerOf(sorted, metadata))
  const start = new Uint8Array(prefixBytes + Math.ceil(header.length / 8) * 8)
  new DataView(start.buffer).setBigUint64(0, BigInt(start.length - prefixBytes), true)
  start.set(header, prefixBytes)
  start.fill(' '.charCodeAt(0), prefixBytes + header.length)
  return [start, ...sorted.map(([, { data }]) => bytesOf(data))]
}

/** The header as text, put together by hand: an object would move names that look like integers to the front. */
function headerOf(sorted: [string, Tensor][], metadata?: Record<string, string>): string {
  const members: string[] = []
  if (metadata) {
    const items = Object.entries(metadata).sort(([a], [b]) => compareCodePoints(a, b))
    const text = items.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')
    members.push(`"${metadataKey}":{${text}}`)
  }
  let begin = 0
  for (const [name, { dtype, shape, data }] of sorted) {
    if (name === metadataKey) throw new Error(`No tensor of a safetensors file may be called ${metadataKey}`)
    if (data.length !== elementCount(shape))
      throw new Error(`Tensor ${name} has ${data.length} elements, not [${shape}]`)
    const end = begin + data.byteLength
    const entry = { dtype: dtypeNames.get(dtype), shape, data_offsets: [begin, end] }
    members.push(`${JSON.stringify(name)}:${JSON.stringify(entry)}`)
    begin = end
  }
  return `{${members.join(',')}}`
}

/** The order of UTF-8 bytes, which is that of code points; `<` compares UTF-16 units, which differs past U+FFFF. */
function compareCodePoints(a: string, b: string): number {
  const pointsA = [...a]
  const pointsB = [...b]
  for (let i = 0; i < Math.min(pointsA.length, pointsB.length); i++) {
    const difference = pointsA[i]!.codePointAt(0)! - pointsB[i]!.codePointAt(0)!
    if (difference !== 0) return difference
  }
  return pointsA.length - pointsB.length
}
