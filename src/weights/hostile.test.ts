import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync } from 'node:zlib'
import { UserError } from '../errors.js'
import { joinBytes } from '../onnx/wire.js'
import type { Files } from '../runtime/files.js'
import { buildZip, crc32, type ZipEntry } from '../testing/build-zip.js'
import { readTensors } from './read-tensors.js'

// What each file must end in: one sentence, no code run, little memory and time. The sentences are those of the format
// that the file pretends to be, so that no file is refused for another reason than the one it is here for.

/** Bytes from a text whose characters are bytes. */
const raw = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
const utf8 = (text: string) => new TextEncoder().encode(text)
const le = (value: number, bytes: number) =>
  String.fromCharCode(...Array.from({ length: bytes }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 255n)))
const text = (value: string) => `X${le(value.length, 4)}${value}`

const storageId = (type = 'FloatStorage', key = '0', count = 4) =>
  `(${text('storage')}ctorch\n${type}\n${text(key)}${text('cpu')}J${le(count, 4)}tQ`
const sizes = (values: number[]) => `(${values.map((value) => `\x8a\x08${le(value, 8)}`).join('')}t`
const tensor = (shape: number[], strides: number[], offset = 0, storage = storageId()) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${storage}\x8a\x08${le(offset, 8)}${sizes(shape)}${sizes(strides)}\x89}tR`
const dict = (value: string, key = 'weight') => `}${text(key)}${value}s`
const ndarray = (state: string) =>
  `cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\0\x85C\x01btR(${state}tbs.`.replace(/s\.$/, '')
const float32 = 'cnumpy\ndtype\n(U\x02f4\x89\x88tR(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb'

const four = new Uint8Array(16)
const torchZip = (pickle: string, ...others: ZipEntry[]) =>
  buildZip([
    { name: 'archive/data.pkl', data: raw(pickle) },
    { name: 'archive/data/0', data: four },
    { name: 'archive/version', data: raw('3\n') },
    ...others,
  ])
const legacyStart = '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02M\xe9\x03.\x80\x02}.'
const legacy = (pickle: string, key = '') =>
  joinBytes(
    key
      ? [raw(`${legacyStart + pickle}\x80\x02]${text(key)}a.${le(4, 8)}`), four]
      : [raw(`${legacyStart + pickle}\x80\x02].`)],
  )

/** The same pickle wherever a checkpoint may have one. */
const containers: [string, (pickle: string) => Uint8Array][] = [
  ['a pickle', raw],
  ['an archive of PyTorch', torchZip],
  ['a legacy file of PyTorch', legacy],
]

/** The heart of each is `body`, and the rest that of a good file. */
const pickles: [what: string, body: string, message: RegExp][] = []
const refuses = (name: string) => new RegExp(`asks to call ${name.replaceAll('.', '\\.')}: it is refused`)

const system = 'cos\nsystem\n'
const command = `(${text('touch /tmp/pwned')}t`
pickles.push(
  ['GLOBAL and REDUCE', `${system}${command}R`, refuses('os.system')],
  ['GLOBAL that is never called', dict(system), refuses('os.system')],
  ['protocol 0', `cposix\nsystem\n(S'touch /tmp/pwned'\ntR`, refuses('posix.system')],
  ['STACK_GLOBAL', `\x8c\x02os\x8c\x06system\x93${command}R`, refuses('os.system')],
  ['STACK_GLOBAL from the memo', `\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93`, refuses('os.system')],
  ['STACK_GLOBAL of numbers', 'K\x01K\x02\x93', /a global has no name/],
  ['INST', `(${text('id')}ios\nsystem\n`, refuses('os.system')],
  ['OBJ', `(${system}${text('id')}o`, refuses('os.system')],
  ['OBJ of nothing', '(o', /calls what is no function/],
  ['NEWOBJ', `csubprocess\nPopen\n${command}\x81`, refuses('subprocess.Popen')],
  ['NEWOBJ_EX', `csubprocess\nPopen\n)${dict(text('id'), 'args')}\x92`, refuses('subprocess.Popen')],
  ['NEWOBJ_EX with keywords', `cargparse\nNamespace\n)${dict('N', 'a')}\x92`, /create an object by keywords: it is/],
  [
    'BUILD by __setstate__',
    `ctorch.jit\nRecursiveScriptModule\n)\x81${dict('N')}b`,
    refuses('torch.jit.RecursiveScriptModule'),
  ],
  ['BUILD of a list', ']}b', /sets the state of what has none/],
  ['BUILD of a function', `ccollections\nOrderedDict\n${dict(system, '__reduce__')}b`, refuses('os.system')],
  ['EXT1', '\x82\x01', /use the registered extension 1: it is refused/],
  ['EXT2', '\x83\x01\x01', /use the registered extension 257: it is refused/],
  ['EXT4', `\x84${le(70_000, 4)}`, /use the registered extension 70000: it is refused/],
  ['copyreg', `ccopy_reg\n_reconstructor\n(${system}c__builtin__\nobject\nNtR`, refuses('os.system')],
  ['copyreg of a name', `ccopy_reg\n_reconstructor\n(c__builtin__\nint\nc__builtin__\nobject\nNtR`, /other arguments/],
  ['a call of a string', `${text('os.system')}${command}R`, /calls what is no function/],
  ['a call with a number', 'ccollections\nOrderedDict\nK\x01R', /arguments of collections\.OrderedDict are no tuple/],
  ['a call of a type', `cbuiltins\nstr\n${command}R`, refuses('builtins.str')],
)
for (const name of [
  'builtins.eval',
  'builtins.exec',
  'builtins.getattr',
  'builtins.__import__',
  'builtins.compile',
  'builtins.open',
  'builtins.map',
  'builtins.apply',
  'importlib.import_module',
  'operator.attrgetter',
  'functools.partial',
  'runpy.run_path',
  'pty.spawn',
  'shutil.rmtree',
  'pickle.loads',
  '_pickle.loads',
  'marshal.loads',
  'types.FunctionType',
  'codecs.lookup',
  '_codecs.lookup',
  'numpy.load',
  'numpy.testing._private.utils.runstring',
  'torch.load',
  'torch.hub.load',
  'torch.storage._load_from_bytes',
  'torch._utils.__builtins__.eval',
  'torch.serialization.os.system',
  'collections.OrderedDict.__init__.__globals__',
  'collections._sys.modules',
  'pathlib.Path.write_text',
  'pathlib.os.system',
  '__main__.Model',
  'constructor.constructor',
  '__proto__.toString',
]) {
  const dot = name.lastIndexOf('.')
  const [module, attribute] = [name.slice(0, dot), name.slice(dot + 1)]
  pickles.push([name, `c${module}\n${attribute}\n${command}R`, refuses(name)])
}
pickles.push(
  ['eval of Python 2', `c__builtin__\neval\n${command}R`, refuses('builtins.eval')],
  ['a name that breaks the line', `\x8c\x03o\ns\x8c\x02\x1b[\x93`, /asks to call o\?s\.\?\[: it is refused/],
  ['an endless name', `X${le(60_000, 4)}${'a'.repeat(60_000)}X\x01\0\0\0b\x93`, /asks to call a{100}…: it is refused/],
  ['an object from outside by a text', 'Pos.system\n', /object from outside|identifier of a storage/],
  ['an object from outside by a number', 'K\x01Q', /object from outside|identifier of a storage/],
)

// Bombs: depth, repetition, sizes.
const deep = 100_000
/** Forty levels, each of which holds the one before ten times. */
const laughs = (make: (inner: string) => string) =>
  `N${Array.from({ length: 40 }, (_, i) => `q${le(i, 1)}0${make(`h${le(i, 1)}`)}`).join('')}`
const noWeights = /holds no weights that can be told/
const millions = /consists of millions of small objects/
pickles.push(
  ['marks without end', '('.repeat(deep), /nested too deeply/],
  ['lists in lists, by marks', '('.repeat(deep) + 'l'.repeat(deep), /nested too deeply/],
  ['lists in lists', ']'.repeat(deep) + 'a'.repeat(deep - 1), noWeights],
  ['tuples in tuples', `N${'\x85'.repeat(deep)}`, noWeights],
  ['dicts in dicts', `${`}${text('model')}`.repeat(deep / 10)}N${'s'.repeat(deep / 10)}`, noWeights],
  ['a dict in itself', `}q\0${text('model')}h\0s`, noWeights],
  ['a list in itself', ']q\0h\0a', noWeights],
  ['a billion laughs of lists', laughs((inner) => `](${inner.repeat(10)}e`), noWeights],
  ['a billion laughs of tuples', dict(laughs((inner) => `(${inner.repeat(10)}t`)), noWeights],
  [
    'a billion laughs of dicts',
    laughs((inner) => `}(${text('model')}${inner}${text('a')}${inner}${text('b')}${inner}u`),
    noWeights,
  ],
  ['a memo of the largest index', dict(']r\xff\xff\xff\xff'), noWeights],
  ['a memo of an index with many digits', `]p${'9'.repeat(1000)}\n`, /index of its memo is none/],
  ['a memo that lacks an entry', 'h\x05', /memo has no entry 5/],
  ['LONG4 of 2 GB', `\x8b${le(2 ** 31, 4)}\x01`, /an integer has 2147483648 bytes/],
  ['LONG4 of a megabyte', `\x8b${le(2 ** 20, 4)}${'\x01'.repeat(2 ** 20)}`, /an integer has 1048576 bytes/],
  ['an INT of many digits', `I${'9'.repeat(60_000)}\n`, /an integer is none/],
  ['a LONG of many digits', `L${'9'.repeat(60_000)}L\n`, /an integer is none/],
  ['a LONG that is none', 'L0x10L\n', /an integer is none/],
  ['a FLOAT that is none', 'Fconstructor\n', /a float is none/],
  ['a STRING without quotes', 'Sabc\n', /a string has no quotes/],
  ['a line without end', `V${'a'.repeat(200_000)}`, /ends early/],
  ['an unknown opcode', '\xff', /opcode 255 is unknown/],
  ['a buffer out of band', '\x97', /opcode 151 is unknown/],
  ['a protocol of the future', '\x80\x06', /protocol 6 is unknown/],
)
for (const [what, opcode, bytes] of [
  ['BINUNICODE', 'X', 4],
  ['BINUNICODE8', '\x8d', 8],
  ['BINBYTES', 'B', 4],
  ['BINBYTES8', '\x8e', 8],
  ['BYTEARRAY8', '\x96', 8],
  ['BINSTRING', 'T', 4],
  ['FRAME', '\x95', 8],
] as const) {
  pickles.push([`${what} of 2^${8 * bytes} bytes`, opcode + '\xff'.repeat(bytes), /ends early/])
  pickles.push([`${what} one byte too long`, opcode + le(2 ** 20, bytes), /ends early/])
}
for (const opcode of 'abdeghijlopqrstuQR01\x32\x81\x85\x86\x87\x90\x91\x92\x93\x94') {
  pickles.push([`${JSON.stringify(opcode)} of an empty stack`, opcode, /is not a valid checkpoint/])
}

/** A list of 50,000 items, copied 50,000 times by `make`. */
const copies = (make: string) => `](${'N'.repeat(50_000)}eq\x010${`${make}(h\x01tR0`.repeat(50_000)}N`
const slow: typeof pickles = [
  ['a million dicts', '}'.repeat(1_500_000), millions],
  ['a million memos', `]${'\x94'.repeat(1_500_000)}`, millions],
  ['sets of one list', copies('cbuiltins\nset\n'), millions],
  ['frozensets of one list', copies('cbuiltins\nfrozenset\n'), millions],
  [
    'bytes of one text',
    `X${le(60_000, 4)}${'a'.repeat(60_000)}q\x010${`c_codecs\nencode\n(h\x01${text('latin1')}tR0`.repeat(20_000)}N`,
    /unpacks to far more bytes than it has/,
  ],
]
pickles.push(
  ['OrderedDict of no pairs', 'ccollections\nOrderedDict\n(](K\x01K\x02etR', /other arguments than usual/],
  ['bytes that are none', `c_codecs\nencode\n(${text('a')}${text('rot13')}tR`, /other arguments than usual/],
)

// Tensors that are none.
pickles.push(
  ['an array of another size', dict(ndarray(`K\x01K\x03\x85${float32}\x89C\x04\0\0\0\0`)), /\[3\] has not 12 bytes/],
  [
    'an array of an endless shape',
    dict(ndarray(`K\x01${sizes([2 ** 50, 2 ** 50])}${float32}\x89C\x04\0\0\0\0`)),
    /has not .* bytes/,
  ],
  ['an array of a negative shape', dict(ndarray(`K\x01${sizes([-1])}${float32}\x89C\0`)), /an impossible shape/],
  [
    'an array of a tuple in a tuple',
    dict(ndarray(`K\x01N${'\x85'.repeat(deep)}${float32}\x89C\0`)),
    /impossible shape/,
  ],
  ['an array of objects', dict(ndarray(`K\x01K\x01\x85cnumpy\ndtype\n(U\x02O8tR\x89]`)), /of the kind \|O8/],
  ['an array that is never filled', dict('cnumpy.core.multiarray\n_reconstruct\n(tR'), noWeights],
  ['an array without a dtype', dict(ndarray('K\x01K\x01\x85N\x89C\x04\0\0\0\0')), /of the kind unknown/],
  ['an array of half a state', dict('cnumpy.core.multiarray\n_reconstruct\n(tR(K\x01tb'), /no proper state/],
)

for (const [container, wrap] of containers) {
  test(`hostile pickles in ${container}`, async (t) => {
    for (const [what, body, message] of container === 'a pickle' ? [...pickles, ...slow] : pickles) {
      await t.test(what, () => rejects(wrap(`\x80\x04${body}.`), message))
    }
    await t.test('without an end', () => rejects(wrap('\x80\x02}}}'), /ends early|no weights|is not a valid/))
    await t.test('nothing', () => rejects(wrap('\x80\x02.'), /stack runs empty/))
  })
}

const tensors: [what: string, value: string, message: RegExp][] = [
  ['beyond its storage', tensor([5], [1]), /of shape \[5\] reaches beyond its storage/],
  ['from beyond its storage', tensor([1], [1], 4), /reaches beyond its storage/],
  ['of a stride beyond', tensor([2, 2], [3, 1]), /reaches beyond its storage/],
  ['of a size beyond numbers', tensor([2 ** 50, 2 ** 50], [1, 1]), /reaches beyond its storage/],
  ['of a product beyond numbers', tensor([2 ** 50, 2 ** 50], [0, 0]), /reaches beyond its storage/],
  ['that repeats one number a trillion times', tensor([2 ** 40], [0]), /unpacks to far more bytes than it has/],
  ['of a negative size', tensor([-1], [1]), /an impossible shape/],
  ['of a negative stride', tensor([2], [-1], 1), /an impossible shape/],
  ['of a negative offset', tensor([1], [1], -1), /an impossible shape/],
  ['of shape and strides that differ', tensor([2, 2], [1]), /an impossible shape/],
  ['of a thousand axes', tensor(Array(1000).fill(1), Array(1000).fill(1)), /has 1000 axes/],
  ['without a storage', tensor([1], [1], 0, 'N'), /has no storage/],
  ['with a dtype for a storage', tensor([1], [1], 0, 'ctorch\nfloat32\n'), /has no storage/],
  ['of a storage of no type', tensor([1], [1], 0, storageId('float')), refuses('torch.float')],
  ['of a storage of a negative count', tensor([1], [1], 0, storageId('FloatStorage', '0', -1)), /makes no sense/],
  ['of a storage larger than its data', tensor([5], [1], 0, storageId('FloatStorage', '0', 5)), /should have 20 bytes/],
  [
    'of a storage that is not there',
    tensor([1], [1], 0, storageId('FloatStorage', '7', 1)),
    /data\/7 is missing|no tensor uses/,
  ],
  [
    'of a storage elsewhere',
    tensor([1], [1], 0, storageId('FloatStorage', '../../../etc/passwd', 1)),
    /is missing|no tensor uses/,
  ],
]
test('hostile tensors', async (t) => {
  for (const [what, value, message] of tensors) {
    await t.test(`${what}, archive`, () => rejects(torchZip(`\x80\x02${dict(value)}.`), message))
    const pickle = `\x80\x02${dict(value).replaceAll(/tQ/g, 'NtQ')}.`
    await t.test(`${what}, legacy`, () => rejects(legacy(pickle, '0'), message))
  }
  const many = Array.from({ length: 3000 }, (_, i) => text(`w${i}`) + tensor([2 ** 18, 4], [0, 1]))
  await t.test('many large copies', () =>
    rejects(torchZip(`\x80\x02}(${many.join('')}u.`), /unpacks to far more bytes/),
  )
  await t.test('a parameter of no tensor', () =>
    rejects(torchZip(`\x80\x02ctorch._utils\n_rebuild_parameter\n(N\x89NtR.`), /holds no tensor/),
  )
  await t.test('a legacy file that counts more than it has', () =>
    rejects(
      raw(
        `${legacyStart}\x80\x02${dict(tensor([4], [1])).replace('tQ', 'NtQ')}.\x80\x02]${text('0')}a.${'\xff'.repeat(8)}`,
      ),
      /early/,
    ),
  )
})

const good: ZipEntry[] = [
  { name: 'archive/data.pkl', data: raw(`\x80\x02${dict(tensor([4], [1]))}.`) },
  { name: 'archive/data/0', data: four },
]
const [pickleEntry, storageEntry] = good as [ZipEntry, ZipEntry]
const npy = (header: string, data = new Uint8Array(0), version = 1) =>
  joinBytes([raw(`\x93NUMPY${le(version, 1)}\0${le(header.length, version === 1 ? 2 : 4)}${header}`), data])
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
    `\x80\x02}(${text('a')}${tensor([4], [1])}${text('b')}${tensor([4], [1], 0, storageId('FloatStorage', '1'))}u.`,
  ),
}
const inner: ZipEntry = { name: 'archive/data/1', data: four }
const outer: ZipEntry = { name: 'archive/data/0', data: buildZip([inner]) }
const insideOuter =
  buildZip([twoTensors, { ...outer, data: new Uint8Array(0) }]).length - directoryLength([twoTensors, outer])

/** The bytes of a directory and its end. */
function directoryLength(entries: ZipEntry[]): number {
  return entries.reduce((sum, { name }) => sum + 46 + name.length, 22)
}

const archives: [what: string, entries: ZipEntry[], message: RegExp][] = [
  ['path escape', [...good, { name: '../../etc/cron.d/x', data: four }], /unsafe filename/],
  ['path escape inside', [...good, { name: 'archive/../../x', data: four }], /unsafe filename/],
  ['absolute path', [...good, { name: '/etc/passwd', data: four }], /unsafe filename/],
  ['path of Windows', [...good, { name: 'C:\\x', data: four }], /unsafe filename/],
  ['path escape of Windows', [...good, { name: '..\\..\\x', data: four }], /unsafe filename/],
  ['two entries of one name', [...good, storageEntry], /two entries archive\/data\/0/],
  ['two pickles', [...good, { ...pickleEntry, name: 'b/data.pkl' }], /has not one data\.pkl/],
  [
    'overlapping entries',
    [pickleEntry, storageEntry, { name: 'archive/byteorder', data: four, directoryLies: { offset: 0 } }],
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
  ['nothing of use', [{ name: 'readme.txt', data: four }], /is a ZIP archive without weights/],
  [
    'more entries than a model has',
    Array.from({ length: 20_001 }, (_, i) => ({ name: `${i}`, data: four })),
    /more than 20000/,
  ],
  ['big-endian numbers', [...good, { name: 'archive/byteorder', data: raw('big') }], /big-endian machine/],
  ['TorchScript', [...good, { name: 'archive/constants.pkl', data: four }], /is a TorchScript program/],
]

function deflatedNpy(lies: NonNullable<ZipEntry['lies']>): ZipEntry {
  const data = npy("{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }", four.subarray(0, 4))
  return { name: 'a.npy', data, deflate: true, lies }
}

test('the archives that these are made of are good', async () => {
  assert.equal((await readTensors(filesOf(buildZip(good)), 'model')).tensors.size, 1)
  assert.equal((await readTensors(filesOf(buildZip([deflatedNpy({})])), 'model')).tensors.size, 1)
  const legacyFile = legacy(`\x80\x02${dict(tensor([4], [1])).replace('tQ', 'NtQ')}.`, '0')
  assert.equal((await readTensors(filesOf(legacyFile), 'model')).tensors.size, 1)
  const array = dict(ndarray(`K\x01K\x01\x85${float32}\x89C\x04\0\0\0\0`))
  assert.equal((await readTensors(filesOf(raw(`\x80\x04${array}.`)), 'model')).tensors.size, 1)
})

test('hostile archives', async (t) => {
  for (const [what, entries, message] of archives) await t.test(what, () => rejects(buildZip(entries), message))
  const whole = buildZip(good)
  await t.test('cut short', async () => {
    for (let length = 4; length < whole.length; length++) await rejects(whole.subarray(0, length), /not a valid ZIP/)
  })
  await t.test('a directory that counts more than it has', async () => {
    const lying = whole.slice()
    lying.set([0xff, 0xfe, 0xff, 0xfe], lying.length - 14)
    await rejects(lying, /not a valid ZIP/)
  })
})

const header = (descr: string, shape: string) => `{'descr': ${descr}, 'fortran_order': False, 'shape': ${shape}, }`
const arrays: [what: string, npy: Uint8Array, message: RegExp][] = [
  ['code for a dtype', npy(header("__import__('os').system('id')", '(1,)')), /header is not as numpy writes it/],
  ['code for a shape', npy(header("'<f4'", "eval('(1,)')")), /header is not as numpy writes it/],
  ['code behind the header', npy(`${header("'<f4'", '(0,)')} or exit()`), /header is not as numpy writes it/],
  ['parentheses without end', npy(header("'<f4'", '('.repeat(60_000))), /header is not as numpy writes it/],
  ['objects', npy(header("'|O'", '(1,)'), four), /of the kind \|O/],
  ['structures', npy(header("[('a', '<f4')]", '(1,)'), four), /header is not as numpy writes it/],
  ['strings', npy(header("'<U1'", '(4,)'), four), /of the kind <U1/],
  ['big-endian numbers', npy(header("'>f4'", '(4,)'), four), /of the kind >f4/],
  ['an endless shape', npy(header("'<f4'", '(1125899906842624, 1125899906842624)'), four), /data should have/],
  ['a shape beyond numbers', npy(header("'<f4'", `(${'9'.repeat(400)},)`), four), /shape .* is impossible/],
  ['a negative shape', npy(header("'<f4'", '(-1,)'), four), /header is not as numpy writes it/],
  ['a shape of commas', npy(header("'<f4'", '(,,)'), four), /shape .* is impossible/],
  ['more axes than numpy has', npy(header("'|u1'", `(${'1,'.repeat(100)})`), four.subarray(0, 1)), /is impossible/],
  ['too few data', npy(header("'<f4'", '(5,)'), four), /should have 20 bytes, but have 16/],
  ['too many data', npy(header("'<f4'", '(3,)'), four), /should have 12 bytes, but have 16/],
  ['a header of 4 GB', raw(`\x93NUMPY\x02\0\xff\xff\xff\xff${' '.repeat(100)}`), /header should have 4294967295 bytes/],
  ['a version of the future', npy('', four, 9), /version 9 is unknown/],
  ['no magic', four, /does not begin as one/],
]
test('hostile arrays of numpy', async (t) => {
  for (const [what, data, message] of arrays) {
    await t.test(what, () => rejects(buildZip([{ name: 'params/a.npy', data }]), message))
  }
})

const safetensors = (text: string, length = text.length) => joinBytes([raw(le(length, 8)), utf8(text), four])
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
  for (const [what, bytes, message] of others) await t.test(what, () => rejects(bytes, message))
})

test('hostile indexes', async (t) => {
  const at = async (shard: unknown, message: RegExp) => {
    await rejects(utf8(JSON.stringify({ weight_map: { a: shard } })), message)
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
  await t.test('a broken index', () => rejects(utf8('{"weight_map":'), /not valid JSON/))
  for (const index of ['{}', '{"weight_map":5}', '{"weight_map":null}', '{"metadata":{}}']) {
    await t.test(index, () => rejects(utf8(index), /has no weight_map/))
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
  for (const [bytes, message] of cases) await t.test(JSON.stringify(bytes), () => rejects(raw(bytes), message))
})

test('none of it has taken much memory', () => {
  assert(process.resourceUsage().maxRSS < 2 ** 20, `${process.resourceUsage().maxRSS} KiB`)
})

function filesOf(bytes: Uint8Array): Files {
  const files: Pick<Files, 'read' | 'kind'> = {
    read: async () => bytes,
    kind: async (path) => (path === 'model' ? 'file' : undefined),
  }
  return files as Files
}

async function rejects(bytes: Uint8Array, message: RegExp) {
  const start = performance.now()
  await assert.rejects(readTensors(filesOf(bytes), 'model'), (error) => {
    assert(error instanceof UserError, error instanceof Error ? error.stack : String(error))
    assert.match(error.message, /^(model|shard\.safetensors)[: ]/)
    assert.match(error.message, message)
    assert([...error.message].every((character) => character >= ' ') && error.message.length < 400, error.message)
    return true
  })
  const seconds = (performance.now() - start) / 1000
  assert(seconds < 5, `took ${seconds} s`)
}
