import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { joinBytes } from '../onnx/wire.js'
import { dict, fourFloats, little, raw, storage, tensor, text, torchEntries } from '../testing/build-pickle.js'
import { buildZip, crc32, type ZipEntry } from '../testing/build-zip.js'
import { assertLittleMemory, onlyFile, refuses } from '../testing/refused-weights.js'
import { readTensors } from './read-tensors.js'

// Each file must end in one sentence, without running code and with little memory and time. The sentences are those of
// what the file pretends to be, so that none is refused for another reason than the one it is here for.

const good = torchEntries(`\x80\x02${dict(tensor([4], [1]))}.`)
const [pickleEntry, storageEntry] = good
const npy = (header: string, data = new Uint8Array(0), version = 1) =>
  joinBytes([raw(`\x93NUMPY${little(version, 1)}\0${little(header.length, version === 1 ? 2 : 4)}${header}`), data])
/** 64 MB of zeros, as an array of numpy. */
const zeros = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (67108864,), }", new Uint8Array(2 ** 26))
const packed = { data: new Uint8Array(deflateRawSync(zeros)), crc: crc32(zeros) }

function bomb(name: string, size = zeros.length): ZipEntry {
  return { name, data: packed.data, lies: { method: 8, size, crc: packed.crc } }
}

/** An archive in whose first storage the second lies, header and all. */
const twoTensors: ZipEntry = {
  name: 'archive/data.pkl',
  data: raw(
    `\x80\x02}(${text('a')}${tensor([4], [1])}${text('b')}${tensor([4], [1], 0, storage('FloatStorage', '1'))}u.`,
  ),
}
const inner: ZipEntry = { name: 'archive/data/1', data: fourFloats }
const outer: ZipEntry = { name: 'archive/data/0', data: buildZip([inner]) }
const insideOuter =
  buildZip([twoTensors, { ...outer, data: new Uint8Array(0) }]).length - directoryLength([twoTensors, outer])

/** The bytes of a directory and its end. */
function directoryLength(entries: ZipEntry[]): number {
  return entries.reduce((sum, { name }) => sum + 46 + name.length, 22)
}

const archives: [what: string, entries: ZipEntry[], message: RegExp][] = [
  ['path escape', [...good, { name: '../../etc/cron.d/x', data: fourFloats }], /unsafe filename/],
  ['path escape inside', [...good, { name: 'archive/../../x', data: fourFloats }], /unsafe filename/],
  ['absolute path', [...good, { name: '/etc/passwd', data: fourFloats }], /unsafe filename/],
  ['path of Windows', [...good, { name: 'C:\\x', data: fourFloats }], /unsafe filename/],
  ['path escape of Windows', [...good, { name: '..\\..\\x', data: fourFloats }], /unsafe filename/],
  ['two entries of one name', [...good, storageEntry], /two entries archive\/data\/0/],
  ['two pickles', [...good, { ...pickleEntry, name: 'b/data.pkl' }], /has not one data\.pkl/],
  [
    'overlapping entries',
    [pickleEntry, storageEntry, { name: 'archive/byteorder', data: fourFloats, directoryLies: { offset: 0 } }],
    /ambiguous archive|overlapping/,
  ],
  ['an entry inside another', [twoTensors, outer, { ...inner, directoryLies: { offset: insideOuter } }], /overlapping/],
  ['a bomb that is honest', [bomb('a.npy', 2 ** 29)], /far more bytes/],
  ['bombs that are honest', Array.from({ length: 6 }, (_, i) => bomb(`${i}.npy`)), /far more bytes/],
  ['a bomb that says it is small', [bomb('a.npy', 1000)], /larger than it says|invalid|uncompressed/],
  ['an entry that says it is larger', [deflatedNpy({ size: 1000 })], /smaller than it says|uncompressed|invalid/],
  ['an entry that says it is huge', [deflatedNpy({ size: 0xfffffffe })], /far more bytes|uncompressed/],
  [
    'an entry beyond the file',
    [pickleEntry, { ...storageEntry, lies: { compressedSize: 2 ** 31, size: 2 ** 31 } }],
    /bounds/,
  ],
  [
    'an entry from beyond the file',
    [pickleEntry, { ...storageEntry, directoryLies: { offset: 2 ** 31 } }],
    /not a valid ZIP/,
  ],
  [
    'headers that differ',
    [pickleEntry, { ...storageEntry, directoryLies: { size: 17, compressedSize: 17 } }],
    /ambiguous/,
  ],
  ['a stored entry of two sizes', [pickleEntry, { ...storageEntry, lies: { size: 8 } }], /stored|ambiguous|size/],
  ['an encrypted entry', [pickleEntry, { ...storageEntry, lies: { flags: 1 } }], /encrypted|neither stored/],
  ['an unknown compression', [pickleEntry, { ...storageEntry, lies: { method: 93 } }], /compression|neither stored/],
  ['ZIP64 sizes that are missing', [pickleEntry, { ...storageEntry, lies: { size: 2 ** 32 - 1 } }], /not a valid ZIP/],
  [
    'deflate data that are none',
    [{ name: 'a.npy', data: raw('\xff\xff\xff\xff'), lies: { method: 8 } }],
    /not a valid ZIP/,
  ],
  ['a wrong checksum', [deflatedNpy({ crc: 1 })], /crc|not a valid ZIP/],
  ['nothing of use', [{ name: 'readme.txt', data: fourFloats }], /is a ZIP archive without weights/],
  [
    'more entries than a model has',
    Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}`, data: fourFloats })),
    /more than 20000/,
  ],
  ['big-endian numbers', [...good, { name: 'archive/byteorder', data: raw('big') }], /big-endian machine/],
  ['TorchScript', [...good, { name: 'archive/constants.pkl', data: fourFloats }], /is a TorchScript program/],
]

function deflatedNpy(lies: NonNullable<ZipEntry['lies']>): ZipEntry {
  const data = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", fourFloats.subarray(0, 4))
  return { name: 'a.npy', data, deflate: true, lies }
}

test('archives built this way are read where they are right', async () => {
  for (const entries of [good, [deflatedNpy({})]]) {
    assert.equal((await readTensors(onlyFile(buildZip(entries)), 'model')).tensors.size, 1)
  }
})

test('hostile archives', async (t) => {
  for (const [what, entries, message] of archives) await t.test(what, () => refuses(buildZip(entries), message))
  const whole = buildZip(good)
  await t.test('cut short', async () => {
    for (let length = 4; length < whole.length; length++) await refuses(whole.subarray(0, length), /not a valid ZIP/)
  })
  await t.test('a directory that counts more than it has', async () => {
    const lying = whole.slice()
    lying.set([0xff, 0xfe, 0xff, 0xfe], lying.length - 14)
    await refuses(lying, /not a valid ZIP/)
  })
})

const header = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
const arrays: [what: string, npy: Uint8Array, message: RegExp][] = [
  ['code for a dtype', npy(header("__import__('os').system('id')", '(1,)')), /header is not as numpy writes it/],
  ['code for a shape', npy(header("'<f4'", "eval('(1,)')")), /header is not as numpy writes it/],
  ['code behind the header', npy(`${header("'<f4'", '(0,)')} or exit()`), /header is not as numpy writes it/],
  ['parentheses without end', npy(header("'<f4'", '('.repeat(9000))), /header is not as numpy writes it/],
  [
    'spaces without end',
    npy(`{'descr': '<f4', 'fortran_order': False, 'shape': ()${' '.repeat(9900)}`),
    /is not as numpy/,
  ],
  [
    'a header longer than numpy takes',
    npy(header("'<f4'", `(${' '.repeat(60_000)})`)),
    /header should have 600\d\d bytes/,
  ],
  ['objects', npy(header("'|O'", '(1,)'), fourFloats), /of the kind \|O/],
  ['structures', npy(header("[('a', '<f4')]", '(1,)'), fourFloats), /header is not as numpy writes it/],
  ['strings', npy(header("'<U1'", '(4,)'), fourFloats), /of the kind <U1/],
  ['big-endian numbers', npy(header("'>f4'", '(4,)'), fourFloats), /of the kind >f4/],
  ['an endless shape', npy(header("'<f4'", '(1125899906842624, 1125899906842624)'), fourFloats), /data should have/],
  ['a shape beyond numbers', npy(header("'<f4'", `(${'9'.repeat(400)},)`), fourFloats), /shape .* is impossible/],
  ['a negative shape', npy(header("'<f4'", '(-1,)'), fourFloats), /header is not as numpy writes it/],
  ['a shape of commas', npy(header("'<f4'", '(,,)'), fourFloats), /shape .* is impossible/],
  [
    'more axes than numpy has',
    npy(header("'|u1'", `(${'1,'.repeat(100)})`), fourFloats.subarray(0, 1)),
    /is impossible/,
  ],
  ['too few data', npy(header("'<f4'", '(5,)'), fourFloats), /should have 20 bytes, but have 16/],
  ['too many data', npy(header("'<f4'", '(3,)'), fourFloats), /should have 12 bytes, but have 16/],
  ['a header of 4 GB', raw(`\x93NUMPY\x02\0\xff\xff\xff\xff${' '.repeat(100)}`), /header should have 4294967295 bytes/],
  ['a version of the future', npy('', fourFloats, 9), /version 9 is unknown/],
  ['no magic', fourFloats, /does not begin as one/],
]
test('hostile arrays of numpy', async (t) => {
  for (const [what, data, message] of arrays) {
    await t.test(what, () => refuses(buildZip([{ name: 'params/a.npy', data }]), message))
  }
})

test('none of it has taken much memory', assertLittleMemory)
