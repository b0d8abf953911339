import type { ByteReader } from './byte-reader.js'
import { LongText, type PickleMachine } from './pickle-machine.js'

/** Strings above this many bytes stay undecoded: no name or setting is so long. */
const maxTextBytes = 2 ** 16

/** Integers above this many bytes or digits are refused: the time to convert them grows with the square. */
const maxIntegerLength = 1024

type Operation = (machine: PickleMachine, reader: ByteReader) => void

/**
 * The opcodes of protocols 0 to 5 (Python's Lib/pickletools.py describes each), but for STOP, which ends the loop that
 * reads them. Missing are only out-of-band buffers, which no file can have.
 */
const table: Record<string, Operation> = {
  // Frames and protocols change nothing about what follows.
  '\x80': (m, r) => {
    const version = r.u8()
    if (version > 5) throw m.invalid(`protocol ${version} is unknown`)
  },
  '\x95': (m, r) => {
    if (r.u64() > r.left) throw m.invalid('it ends early')
  },

  // Numbers and constants.
  N: (m) => m.push(null),
  '\x88': (m) => m.push(true),
  '\x89': (m) => m.push(false),
  I: (m, r) => {
    const text = r.line()
    m.push(text === '01' ? true : text === '00' ? false : parseInteger(m, text))
  },
  L: (m, r) => m.push(parseInteger(m, r.line().replace(/L$/, ''))),
  J: (m, r) => m.push(r.i32()),
  K: (m, r) => m.push(r.u8()),
  M: (m, r) => m.push(r.u16()),
  '\x8a': (m, r) => m.push(readLong(m, r, r.u8())),
  '\x8b': (m, r) => m.push(readLong(m, r, r.u32())),
  F: (m, r) => m.push(parseFloat64(m, r.line())),
  G: (m, r) => m.push(r.f64()),

  // Strings: those of Python 3 are UTF-8, those of Python 2 may hold any bytes.
  X: (m, r) => m.push(readUtf8(r, r.u32())),
  '\x8c': (m, r) => m.push(readUtf8(r, r.u8())),
  '\x8d': (m, r) => m.push(readUtf8(r, r.u64())),
  V: (m, r) => m.push(unescapeUnicode(r.line())),
  U: (m, r) => m.push(readLatin1(r, r.u8())),
  T: (m, r) => m.push(readLatin1(r, r.u32())),
  S: (m, r) => m.push(unquote(m, r.line())),
  B: (m, r) => m.push(r.take(r.u32())),
  C: (m, r) => m.push(r.take(r.u8())),
  '\x8e': (m, r) => m.push(r.take(r.u64())),
  '\x96': (m, r) => m.push(r.take(r.u64())),

  // Containers.
  '(': (m) => m.mark(),
  ']': (m) => m.push([]),
  ')': (m) => m.push([]),
  '}': (m) => m.push(new Map()),
  '\x8f': (m) => m.push(new Set()),
  l: (m) => m.push(m.popMark()),
  t: (m) => m.push(m.popMark()),
  '\x85': (m) => m.push([m.pop()]),
  '\x86': (m) => m.push([m.pop(), m.pop()].reverse()),
  '\x87': (m) => m.push([m.pop(), m.pop(), m.pop()].reverse()),
  d: (m) => {
    const items = m.popMark()
    m.push(new Map())
    m.setItems(items)
  },
  '\x91': (m) => m.push(new Set(m.popMark())),
  a: (m) => m.append([m.pop()]),
  e: (m) => m.append(m.popMark()),
  s: (m) => m.setItems([m.pop(), m.pop()].reverse()),
  u: (m) => m.setItems(m.popMark()),
  '\x90': (m) => m.add(m.popMark()),

  // The stack and the memo.
  '0': (m) => m.drop(),
  '1': (m) => void m.popMark(),
  '2': (m) => m.push(m.top()),
  p: (m, r) => m.put(parseIndex(m, r.line())),
  q: (m, r) => m.put(r.u8()),
  r: (m, r) => m.put(r.u32()),
  '\x94': (m) => m.memoize(),
  g: (m, r) => m.get(parseIndex(m, r.line())),
  h: (m, r) => m.get(r.u8()),
  j: (m, r) => m.get(r.u32()),

  // Objects: every class and function comes out of the list of what is allowed.
  c: (m, r) => m.pushGlobal(r.line(), r.line()),
  '\x93': (m) => {
    const name = m.pop()
    m.pushGlobal(m.pop(), name)
  },
  R: (m) => {
    const args = m.pop()
    m.call(m.pop(), args)
  },
  '\x81': (m) => {
    const args = m.pop()
    m.call(m.pop(), args)
  },
  '\x92': (m) => {
    const keywords = m.pop()
    const args = m.pop()
    if (!(keywords instanceof Map) || keywords.size > 0) throw m.refused('create an object by keywords')
    m.call(m.pop(), args)
  },
  i: (m, r) => {
    m.pushGlobal(r.line(), r.line())
    const callable = m.pop()
    m.call(callable, m.popMark())
  },
  o: (m) => {
    const [callable, ...args] = m.popMark()
    m.call(callable, args)
  },
  b: (m) => m.build(m.pop()),
  '\x82': (m, r) => refuseExtension(m, r.u8()),
  '\x83': (m, r) => refuseExtension(m, r.u16()),
  '\x84': (m, r) => refuseExtension(m, r.i32()),
  P: (m, r) => m.pushPersistent(r.line()),
  Q: (m) => m.pushPersistent(m.pop()),
}

/** What each opcode does, by its code. */
export const operations: readonly (Operation | undefined)[] = Array.from(
  { length: 256 },
  (_, code) => table[String.fromCharCode(code)],
)

function refuseExtension(machine: PickleMachine, code: number): never {
  throw machine.refused(`use the registered extension ${code}`)
}

function readLong(machine: PickleMachine, reader: ByteReader, length: number): number | bigint {
  if (length > maxIntegerLength) throw machine.invalid(`an integer has ${length} bytes`)
  let value = 0n
  const bytes = reader.take(length)
  for (let i = length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i]!)
  return toNumber(BigInt.asIntN(8 * length, value))
}

function parseInteger(machine: PickleMachine, text: string): number | bigint {
  if (text.length > maxIntegerLength || !/^-?\d+$/.test(text)) throw machine.invalid('an integer is none')
  return toNumber(BigInt(text))
}

function toNumber(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function parseIndex(machine: PickleMachine, text: string): number {
  if (!/^\d{1,15}$/.test(text)) throw machine.invalid('an index of its memo is none')
  return Number(text)
}

const namedFloats = new Map([
  ['inf', Infinity],
  ['-inf', -Infinity],
  ['nan', NaN],
])

function parseFloat64(machine: PickleMachine, text: string): number {
  const named = namedFloats.get(text)
  if (named === undefined && !/^-?[\d.]+(e[+-]?\d+)?$/i.test(text)) throw machine.invalid('a float is none')
  return named ?? Number(text)
}

function readUtf8(reader: ByteReader, length: number): string | LongText {
  return length > maxTextBytes ? new LongText(reader.take(length), 'utf-8') : reader.utf8(length)
}

function readLatin1(reader: ByteReader, length: number): string | LongText {
  return length > maxTextBytes ? new LongText(reader.take(length), 'latin1') : reader.latin1(length)
}

/** `raw-unicode-escape`: Latin-1 in which other characters are written as `\uXXXX` or `\UXXXXXXXX`. */
function unescapeUnicode(line: string): string {
  const pattern = /\\u([\da-fA-F]{4})|\\U(00(?:0[\da-fA-F]|10)[\da-fA-F]{4})/g
  return line.replace(pattern, (_, short, long) => String.fromCodePoint(Number.parseInt(short ?? long, 16)))
}

const escapes: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b', f: '\f', v: '\v' }

/** A string as Python 2 prints it, between quotes and with escapes. */
function unquote(machine: PickleMachine, line: string): string {
  const [, , inner] = /^(['"])(.*)\1$/s.exec(line) ?? []
  if (inner === undefined) throw machine.invalid('a string has no quotes')
  return inner.replace(/\\(?:x([\da-f]{2})|([0-7]{1,3})|(.))/gis, (_, hex, octal, other) => {
    if (hex) return String.fromCharCode(Number.parseInt(hex, 16))
    if (octal) return String.fromCharCode(Number.parseInt(octal, 8) & 255)
    return escapes[other] ?? other
  })
}
