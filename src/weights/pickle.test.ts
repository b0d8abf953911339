import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { LazyTensor } from './lazy-tensor.js'
import { numpyGlobals } from './numpy-globals.js'
import { unpickle } from './pickle.js'
import { InertObject, LongText } from './pickle-machine.js'
import { pythonGlobals } from './python-globals.js'
import { Budget } from './untrusted.js'

const fixtures = new URL('../../test/fixtures/checkpoints/', import.meta.url)
const cases: { name: string; value: unknown; pickles: string[] }[] = JSON.parse(
  readFileSync(new URL('pickles.json', fixtures), 'utf8'),
)

function read(bytes: Uint8Array, start = 0) {
  const budget = new Budget('f', bytes.length)
  return unpickle(bytes, { budget, globals: new Map([...pythonGlobals(budget), ...numpyGlobals(budget)]) }, start)
}

/** A value as the script that wrote the pickles puts it in JSON. */
function asJson(value: unknown): unknown {
  if (value instanceof InertObject) return { object: value.className, state: asJson(value.state) }
  if (value instanceof Uint8Array) return { bytes: Buffer.from(value).toString('hex') }
  if (value instanceof Map) return { dict: [...value].map(([key, item]) => [asJson(key), asJson(item)]) }
  if (value instanceof Set) return { set: [...value].sort() }
  if (Array.isArray(value)) return value.map(asJson)
  if (typeof value === 'bigint') return { int: String(value) }
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { float: { Infinity: 'inf', '-Infinity': '-inf', NaN: 'nan' }[String(value)] }
  }
  return value
}

for (const { name, value, pickles } of cases) {
  for (const [protocol, pickle] of pickles.entries()) {
    test(`${name}, protocol ${protocol}`, () => {
      const bytes = new Uint8Array(Buffer.from(pickle, 'base64'))
      const result = read(bytes)
      assert.deepEqual(asJson(result.value), value)
      assert.equal(result.end, bytes.length)
    })
  }
}

test('what Python shares is shared here', () => {
  const shared = cases.find(({ name }) => name === 'shared')!
  for (const pickle of shared.pickles) {
    const [first, second, [third]] = read(new Uint8Array(Buffer.from(pickle, 'base64'))).value as unknown[][]
    assert.equal(first, second)
    assert.equal(first, third)
  }
})

test('a dict is a Map, so that no key can change an object', () => {
  const value = read(ascii('}S"__proto__"\n}S"polluted"\nI1\nss.')).value as Map<string, unknown>
  assert.deepEqual([...value.keys()], ['__proto__'])
  assert.equal(({} as Record<string, unknown>).polluted, undefined)
})

test('one pickle may follow another', () => {
  const bytes = ascii('I1\n.I2\n.')
  const { value, end } = read(bytes)
  assert.equal(value, 1)
  assert.deepEqual(read(bytes, end), { value: 2, end: bytes.length })
})

test('bytes are views of the file', () => {
  const bytes = Uint8Array.of(0x80, 3, 'C'.charCodeAt(0), 2, 7, 8, '.'.charCodeAt(0))
  assert.equal((read(bytes).value as Uint8Array).buffer, bytes.buffer)
})

// Protocol 2 of Python 3 writes bytes as text in UTF-8, that of Python 2 as a string of any bytes.
const count = 30_000
const content = Uint8Array.from({ length: 4 * count }, (_, i) => (i * 7) % 256)
const dtype = 'cnumpy\ndtype\nU\x02f4\x89\x88\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb'
const array = (bytes: Uint8Array) =>
  Buffer.concat([
    ascii(
      `\x80\x02cnumpy.core.multiarray\n_reconstruct\n)R(K\x01M${String.fromCharCode(count & 255, count >> 8)}\x85${dtype}\x89`,
    ),
    bytes,
    ascii('tb.'),
  ])
const sized = (opcode: string, bytes: Uint8Array) => {
  const head = Buffer.alloc(5)
  head.write(opcode)
  head.writeUInt32LE(bytes.length, 1)
  return Buffer.concat([head, bytes])
}
const utf8 = Buffer.from(Buffer.from(content).toString('latin1'), 'utf8')
const encoded = Buffer.concat([ascii('c_codecs\nencode\n'), sized('X', utf8), ascii('U\x06latin1\x86R')])
for (const [writer, bytes] of [
  ['Python 3', encoded],
  ['Python 2', sized('T', content)],
] as const) {
  test(`an array of ${content.length} bytes that ${writer} wrote by protocol 2`, async () => {
    const value = read(new Uint8Array(array(bytes))).value
    assert(value instanceof LazyTensor)
    const { data } = await value.read()
    assert.deepEqual(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), content)
  })
}

test('characters beyond Latin-1 are no bytes', () => {
  for (const wrong of ['é'.repeat(40_000).concat('€'), `${'a'.repeat(70_000)}\u0100`, 'Ā', `${'\u00c3'.repeat(9)}€`]) {
    const text = sized('X', Buffer.from(wrong, 'utf8'))
    const pickle = Buffer.concat([ascii('\x80\x02c_codecs\nencode\n'), text, ascii('U\x06latin1\x86R.')])
    assert.throws(() => read(new Uint8Array(pickle)), /_codecs\.encode is called with other arguments/)
  }
})

test('a long text stays as it is', () => {
  const value = read(new Uint8Array(Buffer.concat([sized('X', utf8), ascii('.')]))).value
  assert(value instanceof LongText)
  assert.equal(value.bytes.length, utf8.length)
})

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}
