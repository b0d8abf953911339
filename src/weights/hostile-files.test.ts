import { test } from 'node:test'
import { joinBytes } from '../onnx/wire.js'
import { fourFloats, little, raw } from '../testing/build-pickle.js'
import { assertLittleMemory, refuses } from '../testing/refused-weights.js'

// Each file must end in one sentence, without running code and with little memory and time. The sentences are those of
// what the file pretends to be, so that none is refused for another reason than the one it is here for.

const deep = 100_000
const utf8 = (text: string) => new TextEncoder().encode(text)
const safetensors = (text: string, length = text.length) => joinBytes([raw(little(length, 8)), utf8(text), fourFloats])
const entry = (begin: number, end: number, shape = [(end - begin) / 4]) =>
  `{"dtype":"F32","shape":[${shape}],"data_offsets":[${begin},${end}]}`
const others: [what: string, bytes: Uint8Array, message: RegExp][] = [
  [
    'overlapping',
    safetensors(`{"a":${entry(0, 12)},"b":${entry(8, 16)}}`),
    /"b" begins at byte 8 of the data instead of 12/,
  ],
  ['twice the same', safetensors(`{"a":${entry(0, 16)},"b":${entry(0, 16)}}`), /"b" begins at byte 0 .* instead of 16/],
  ['out of range', safetensors(`{"a":${entry(0, 1024)}}`), /take 1024 bytes, but 16 follow/],
  ['from out of range', safetensors(`{"a":${entry(1024, 1040)}}`), /begins at byte 1024/],
  ['negative', safetensors(`{"a":${entry(-16, 0)}}`), /impossible data_offsets/],
  ['of another size', safetensors(`{"a":${entry(0, 16, [2 ** 40])}}`), /needs 4398046511104 bytes, but has 16/],
  ['with a header of 4 GB', safetensors('{}', 2 ** 32), /header should have 4294967296 bytes/],
  ['with a header of 2^53 bytes', safetensors('{}', 2 ** 53), /header should have/],
  ['with a header nested deeply', safetensors('{"a":'.repeat(deep)), /header is not JSON/],
  ['with a list nested deeply', safetensors(`{"a":${'['.repeat(deep)}${']'.repeat(deep)}}`), /not described|not JSON/],
]
test('hostile safetensors', async (t) => {
  for (const [what, bytes, message] of others) await t.test(what, () => refuses(bytes, message))
})

test('hostile indexes', async (t) => {
  const at = async (shard: unknown, message: RegExp) => {
    await refuses(utf8(JSON.stringify({ weight_map: { a: shard } })), message)
  }
  for (const shard of [
    '../secret',
    '/etc/passwd',
    'a/b',
    '..',
    '.',
    '',
    'a\\b',
    'C:x',
    '~',
    'a\0',
    '-\n',
    5,
    null,
    {},
  ]) {
    await t.test(JSON.stringify(shard), () => at(shard, /weight_map names .*, which is no file beside it/))
  }
  await t.test('itself', () => at('model', /is in no known format/))
  await t.test('a file that is not there', () => at('shard.safetensors', /shard\.safetensors is missing/))
  await t.test('a broken index', () => refuses(utf8('{"weight_map":'), /not valid JSON/))
  for (const index of ['{}', '{"weight_map":5}', '{"weight_map":null}', '{"metadata":{}}']) {
    await t.test(index, () => refuses(utf8(index), /has no weight_map/))
  }
})

test('files of no format', async (t) => {
  const cases: [string, RegExp][] = [
    ['', /in no known format/],
    ['<!DOCTYPE html>', /in no known format/],
    ['version https://git-lfs.github.com/spec/v1\noid sha256:0', /pointer of Git LFS/],
    ['\x89HDF\r\n\x1a\n', /in no known format/],
    ['\x93NUMPY\x01\0', /single array/],
    ['PK\x03\x04', /not a valid ZIP/],
    ['\x80\x09', /in no known format/],
  ]
  for (const [bytes, message] of cases) await t.test(JSON.stringify(bytes), () => refuses(raw(bytes), message))
})

test('none of it has taken much memory', assertLittleMemory)
