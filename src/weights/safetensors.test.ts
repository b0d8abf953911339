import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { type DType, type Tensor, tensor } from '../onnx/tensor.js'
import { joinBytes } from '../onnx/wire.js'
import { Random } from '../random.js'
import { parseSafetensors, serializeSafetensors } from './safetensors.js'

const fixtures = new URL('../../test/fixtures/safetensors/', import.meta.url)
const python = new Uint8Array(readFileSync(new URL('all-dtypes.safetensors', fixtures)))

interface Expected {
  name: string
  dtype: DType
  shape: number[]
  values: (number | string)[]
}
const expected: Expected[] = JSON.parse(readFileSync(new URL('all-dtypes.json', fixtures), 'utf8'))

/** A file with any header and any data. */
function file(header: unknown, data = new Uint8Array(0)): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header))
  const bytes = new Uint8Array(8 + text.length + data.length)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + text.length)
  return bytes
}

const serialize = (...args: Parameters<typeof serializeSafetensors>) => joinBytes(serializeSafetensors(...args))

function rejects(bytes: Uint8Array, pattern: RegExp) {
  assert.throws(
    () => parseSafetensors(bytes, 'some/model.safetensors'),
    (error) => {
      assert(error instanceof UserError, String(error))
      assert.match(error.message, /^some\/model\.safetensors /)
      assert.match(error.message, pattern)
      assert(!error.message.includes('\n') && error.message.length < 300)
      return true
    },
  )
}

test('every dtype and odd name of a file written by Python is read', () => {
  const { tensors, metadata } = parseSafetensors(python, 'f')
  assert.deepEqual(metadata, { format: 'pt "é"' })
  assert.equal(tensors.size, expected.length)
  for (const { name, dtype, shape, values } of expected) {
    const read = tensors.get(name)!
    assert.equal(read.dtype, dtype, name)
    assert.deepEqual(read.shape, shape, name)
    const isFloat = dtype === 'float32' || dtype === 'float64'
    const wanted = dtype === 'float32' ? values.map((value) => Math.fround(Number(value))) : values
    assert.deepEqual(isFloat ? [...read.data] : [...read.data].map(String), wanted, name)
  }
})

test('the same tensors are written to the same bytes as by Python, whatever their order', () => {
  const { tensors, metadata } = parseSafetensors(python, 'f')
  assert.deepEqual(serialize(tensors, metadata), python)
  assert.deepEqual(serialize(new Map([...tensors].reverse()), metadata), python)
})

test('tensors are not copied on the way out', () => {
  const x = tensor('float32', [1, 2])
  assert.equal(serializeSafetensors(new Map([['x', x]])).at(-1)!.buffer, x.data.buffer)
})

test('metadata are written in one order', () => {
  const tensors = new Map([['x', tensor('float32', [1])]])
  const bytes = serialize(tensors, { b: '2', a: '1' })
  assert.deepEqual(bytes, serialize(tensors, { a: '1', b: '2' }))
  assert.deepEqual(parseSafetensors(bytes, 'f').metadata, { a: '1', b: '2' })
  assert.deepEqual(parseSafetensors(serialize(tensors), 'f').metadata, {})
})

test('tensors are views of the file where it is aligned, copies where it is not', () => {
  const aligned = parseSafetensors(python, 'f').tensors.get('float32')!
  assert.equal(aligned.data.buffer, python.buffer)

  const shifted = new Uint8Array(python.length + 1)
  shifted.set(python, 1)
  for (const bytes of [shifted.subarray(1), Buffer.from(shifted.buffer, 1)]) {
    const copied = parseSafetensors(bytes, 'f').tensors.get('float64')!
    assert.deepEqual([...copied.data], [0.1, 1e300])
  }
})

test('a tensor of another dtype may stand before, so that data are not aligned', () => {
  const data = new Uint8Array([42, 0, 0, 0x80, 0x3f])
  const header = {
    f: { dtype: 'F32', shape: [], data_offsets: [1, 5] },
    b: { dtype: 'U8', shape: [1], data_offsets: [0, 1] },
  }
  for (const padding of ['', ' ', '  ', '   ']) {
    const { tensors } = parseSafetensors(file(JSON.stringify(header) + padding, data), 'f')
    assert.deepEqual([...tensors.get('f')!.data], [1])
    assert.deepEqual([...tensors.get('b')!.data], [42])
  }
})

test('a file that is cut short or lies about its header is refused', () => {
  rejects(new Uint8Array(0), /ends after 0 bytes/)
  rejects(new Uint8Array(7), /ends after 7 bytes/)
  rejects(python.subarray(0, 100), /whole file has 100/)
  rejects(python.subarray(0, python.length - 1), /bytes/)
  rejects(new Uint8Array([...python, 0]), /follow the header/)
  const huge = python.slice()
  for (const length of [2n ** 32n, 2n ** 63n, 2n ** 64n - 1n]) {
    new DataView(huge.buffer).setBigUint64(0, length, true)
    rejects(huge, /header should have \d+ bytes/)
  }
})

test('a header that is no JSON object is refused', () => {
  rejects(file(''), /not JSON/)
  rejects(file('{"a"'), /not JSON/)
  rejects(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe]), /not JSON/)
  for (const header of ['[]', 'null', '3', '"x"']) rejects(file(header), /not a JSON object/)
  rejects(file({ __metadata__: { a: 1 } }), /metadata/)
  rejects(file({ __metadata__: 'pt' }), /metadata/)
})

test('an entry that makes no sense is refused', () => {
  const four = new Uint8Array(4)
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  assert.equal(parseSafetensors(file({ x: entry }, four), 'f').tensors.size, 1)
  for (const value of [null, 1, [], 'F32']) rejects(file({ x: value }, four), /tensor "x" is not described/)
  for (const dtype of ['F8_E4M3', 'f32', 'constructor', undefined, 4]) {
    rejects(file({ x: { ...entry, dtype } }, four), /unknown dtype/)
  }
  for (const shape of [[-1], [0.5], ['1'], [null], [2 ** 60], [[1]], 1, undefined]) {
    rejects(file({ x: { ...entry, shape } }, four), /impossible shape/)
  }
  for (const offsets of [[0], [4, 0], [-4, 0], [0, 4, 8], [0.5, 4.5], ['0', '4'], undefined, [0, 2 ** 60]]) {
    rejects(file({ x: { ...entry, data_offsets: offsets } }, four), /impossible data_offsets/)
  }
  rejects(file({ x: { ...entry, shape: [2] } }, four), /needs 8 bytes, but has 4/)
  rejects(file({ x: { ...entry, shape: Array(40).fill(2 ** 50) } }, four), /needs Infinity bytes/)
  rejects(file({ ['x\n'.repeat(500)]: null }), /x\\n/)
})

test('tensors must fill the data without overlaps or gaps', () => {
  const at = (begin: number, end: number) => ({ dtype: 'U8', shape: [end - begin], data_offsets: [begin, end] })
  const data = new Uint8Array(8)
  assert.equal(parseSafetensors(file({ b: at(4, 8), e: at(4, 4), a: at(0, 4) }, data), 'f').tensors.size, 3)
  rejects(file({ a: at(0, 5), b: at(4, 8) }, data), /"b" begins at byte 4 of the data instead of 5/)
  rejects(file({ a: at(0, 3), b: at(4, 8) }, data), /"b" begins at byte 4 of the data instead of 3/)
  rejects(file({ a: at(1, 8) }, data), /begins at byte 1/)
  rejects(file({ a: at(0, 9) }, data), /take 9 bytes, but 8 follow/)
  rejects(file({ a: at(0, 7) }, data), /take 7 bytes, but 8 follow/)
})

test('a tensor may be called __proto__', () => {
  const { tensors } = parseSafetensors(python, 'f')
  assert.deepEqual([...tensors.get('__proto__')!.data], [7])
  const { metadata } = parseSafetensors(file('{"__metadata__":{"__proto__":"x"}}'), 'f')
  assert.equal(Object.getPrototypeOf(metadata), Object.prototype)
  assert.equal(({} as Record<string, unknown>).dtype, undefined)
})

test('a tensor whose shape contradicts its data is not written', () => {
  const bad: Tensor = { dtype: 'float32', shape: [3], data: new Float32Array(2) }
  assert.throws(() => serialize(new Map([['x', bad]])), /Tensor x has 2 elements/)
  assert.throws(() => serialize(new Map([['__metadata__', tensor('int8', [1])]])), /__metadata__/)
})

test('whatever is broken in a file, the error is one for the user', () => {
  const random = new Random('broken files')
  let refused = 0
  for (let round = 0; round < 2000; round++) {
    const broken = python.slice()
    // The header's length, its JSON and the first data.
    for (let i = random.integer(3); i >= 0; i--) broken[random.integer(1500)] = random.integer(256)
    try {
      parseSafetensors(broken, 'f')
    } catch (error) {
      assert(error instanceof UserError, String(error))
      refused++
    }
  }
  assert(refused > 1000)
})
