import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  dict,
  float32,
  integers,
  legacyTorch,
  little,
  ndarray,
  raw,
  storage,
  tensor,
  text,
  torchZip,
} from '../testing/build-pickle.js'
import { assertLittleMemory, onlyFile, refuses } from '../testing/refused-weights.js'
import { readTensors } from './read-tensors.js'

// Each file must end in one sentence, without running code and with little memory and time. The sentences are those of
// what the file pretends to be, so that none is refused for another reason than the one it is here for.

/** The same pickle wherever a checkpoint may have one. */
const containers: [string, (pickle: string) => Uint8Array][] = [
  ['a pickle', raw],
  ['an archive of PyTorch', torchZip],
  ['a legacy file of PyTorch', (pickle) => legacyTorch(pickle)],
]

/** The heart of each is `body`, and the rest that of a good file. */
const pickles: [what: string, body: string, message: RegExp][] = []
const named = (name: string) => new RegExp(`asks to call ${name.replaceAll('.', '\\.')}: it is refused`)

const system = 'cos\nsystem\n'
const command = `(${text('touch /tmp/pwned')}t`
pickles.push(
  ['GLOBAL and REDUCE', `${system}${command}R`, named('os.system')],
  ['GLOBAL that is never called', dict(system), named('os.system')],
  ['protocol 0', `cposix\nsystem\n(S'touch /tmp/pwned'\ntR`, named('posix.system')],
  ['STACK_GLOBAL', `\x8c\x02os\x8c\x06system\x93${command}R`, named('os.system')],
  ['STACK_GLOBAL from the memo', `\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93`, named('os.system')],
  ['STACK_GLOBAL of numbers', 'K\x01K\x02\x93', /a global has no name/],
  ['INST', `(${text('id')}ios\nsystem\n`, named('os.system')],
  ['OBJ', `(${system}${text('id')}o`, named('os.system')],
  ['OBJ of nothing', '(o', /calls what is no function/],
  ['NEWOBJ', `csubprocess\nPopen\n${command}\x81`, named('subprocess.Popen')],
  ['NEWOBJ_EX', `csubprocess\nPopen\n)${dict(text('id'), 'args')}\x92`, named('subprocess.Popen')],
  ['NEWOBJ_EX with keywords', `cargparse\nNamespace\n)${dict('N', 'a')}\x92`, /create an object by keywords: it is/],
  [
    'BUILD by __setstate__',
    `ctorch.jit\nRecursiveScriptModule\n)\x81${dict('N')}b`,
    named('torch.jit.RecursiveScriptModule'),
  ],
  ['BUILD of a list', ']}b', /sets the state of what has none/],
  ['BUILD of a function', `ccollections\nOrderedDict\n${dict(system, '__reduce__')}b`, named('os.system')],
  ['EXT1', '\x82\x01', /use the registered extension 1: it is refused/],
  ['EXT2', '\x83\x01\x01', /use the registered extension 257: it is refused/],
  ['EXT4', `\x84${little(70_000, 4)}`, /use the registered extension 70000: it is refused/],
  ['copyreg', `ccopy_reg\n_reconstructor\n(${system}c__builtin__\nobject\nNtR`, named('os.system')],
  ['copyreg of a name', `ccopy_reg\n_reconstructor\n(c__builtin__\nint\nc__builtin__\nobject\nNtR`, /other arguments/],
  ['a call of a string', `${text('os.system')}${command}R`, /calls what is no function/],
  ['a call with a number', 'ccollections\nOrderedDict\nK\x01R', /arguments of collections\.OrderedDict are no tuple/],
  ['a call of a type', `cbuiltins\nstr\n${command}R`, named('builtins.str')],
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
  pickles.push([name, `c${module}\n${attribute}\n${command}R`, named(name)])
}
pickles.push(
  ['eval of Python 2', `c__builtin__\neval\n${command}R`, named('builtins.eval')],
  ['a name that breaks the line', `\x8c\x03o\ns\x8c\x02\x1b[\x93`, /asks to call o\?s\.\?\[: it is refused/],
  [
    'an endless name',
    `X${little(60_000, 4)}${'a'.repeat(60_000)}X\x01\0\0\0b\x93`,
    /asks to call a{100}…: it is refused/,
  ],
  ['an object from outside by a text', 'Pos.system\n', /object from outside|identifier of a storage/],
  ['an object from outside by a number', 'K\x01Q', /object from outside|identifier of a storage/],
)

// Bombs: depth, repetition, sizes.
const deep = 100_000
/** Forty levels, each of which holds the one before ten times. */
const laughs = (make: (inner: string) => string) =>
  `N${Array.from({ length: 40 }, (_, i) => `q${little(i, 1)}0${make(`h${little(i, 1)}`)}`).join('')}`
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
  ['LONG4 of 2 GB', `\x8b${little(2 ** 31, 4)}\x01`, /an integer has 2147483648 bytes/],
  ['LONG4 of a megabyte', `\x8b${little(2 ** 20, 4)}${'\x01'.repeat(2 ** 20)}`, /an integer has 1048576 bytes/],
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
  pickles.push([`${what} one byte too long`, opcode + little(2 ** 20, bytes), /ends early/])
}
for (const opcode of 'abdeghijlopqrstuQR01\x32\x81\x85\x86\x87\x90\x91\x92\x93\x94') {
  pickles.push([`${JSON.stringify(opcode)} of an empty stack`, opcode, /is not a valid checkpoint/])
}

/** A list of 50,000 items, copied 50,000 times by `make`. */
const copies = (make: string) => `](${'N'.repeat(50_000)}eq\x010${`${make}(h\x01tR0`.repeat(50_000)}N`
const slow: typeof pickles = [
  [
    'arrays of one endless shape',
    `](${'K\x01'.repeat(50_000)}eq\x010${`cnumpy.core.multiarray\n_reconstruct\n)R(K\x01h\x01NNNtb0`.repeat(50_000)}N`,
    /an impossible shape/,
  ],
  ['a million dicts', '}'.repeat(1_500_000), millions],
  ['a million memos', `]${'\x94'.repeat(1_500_000)}`, millions],
  ['sets of one list', copies('cbuiltins\nset\n'), millions],
  ['frozensets of one list', copies('cbuiltins\nfrozenset\n'), millions],
  [
    'bytes of one text',
    `X${little(60_000, 4)}${'a'.repeat(60_000)}q\x010${`c_codecs\nencode\n(h\x01${text('latin1')}tR0`.repeat(20_000)}N`,
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
    dict(ndarray(`K\x01${integers([2 ** 50, 2 ** 50])}${float32}\x89C\x04\0\0\0\0`)),
    /has not .* bytes/,
  ],
  ['an array of a negative shape', dict(ndarray(`K\x01${integers([-1])}${float32}\x89C\0`)), /an impossible shape/],
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
      await t.test(what, () => refuses(wrap(`\x80\x04${body}.`), message))
    }
    await t.test('without an end', () => refuses(wrap('\x80\x02}}}'), /ends early|no weights|is not a valid/))
    await t.test('nothing', () => refuses(wrap('\x80\x02.'), /stack runs empty/))
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
  ['of a thousand axes', tensor(Array(1000).fill(1), Array(1000).fill(1)), /an impossible shape/],
  ['without a storage', tensor([1], [1], 0, 'N'), /has no storage/],
  ['with a dtype for a storage', tensor([1], [1], 0, 'ctorch\nfloat32\n'), /has no storage/],
  ['of a storage of no type', tensor([1], [1], 0, storage('float')), named('torch.float')],
  ['of a storage of a negative count', tensor([1], [1], 0, storage('FloatStorage', '0', -1)), /makes no sense/],
  ['of a storage larger than its data', tensor([5], [1], 0, storage('FloatStorage', '0', 5)), /should have 20 bytes/],
  [
    'of a storage that is not there',
    tensor([1], [1], 0, storage('FloatStorage', '7', 1)),
    /data\/7 is missing|no tensor uses/,
  ],
  [
    'of a storage elsewhere',
    tensor([1], [1], 0, storage('FloatStorage', '../../../etc/passwd', 1)),
    /is missing|no tensor uses/,
  ],
]
test('hostile tensors', async (t) => {
  for (const [what, value, message] of tensors) {
    await t.test(`${what}, archive`, () => refuses(torchZip(`\x80\x02${dict(value)}.`), message))
    await t.test(`${what}, legacy`, () => refuses(legacyTorch(`\x80\x02${dict(value)}.`, '0'), message))
  }
  const many = Array.from({ length: 3000 }, (_, i) => text(`w${i}`) + tensor([2 ** 18, 4], [0, 1]))
  await t.test('many large copies', () =>
    refuses(torchZip(`\x80\x02}(${many.join('')}u.`), /unpacks to far more bytes/),
  )
  await t.test('a parameter of no tensor', () =>
    refuses(torchZip(`\x80\x02ctorch._utils\n_rebuild_parameter\n(N\x89NtR.`), /holds no tensor/),
  )
  const good = `\x80\x02${dict(tensor([4], [1]))}.`
  await t.test('a legacy file that counts more than it has', () => refuses(legacyTorch(good, '0', 5), /ends early/))
  await t.test('a legacy file of a storage without end', () => refuses(legacyTorch(good, '0', 2 ** 60), /ends early/))
})

test('tensors and arrays built this way are read where they are right', async () => {
  const files = [
    torchZip(`\x80\x02${dict(tensor([4], [1]))}.`),
    legacyTorch(`\x80\x02${dict(tensor([4], [1]))}.`, '0'),
    raw(`\x80\x04${dict(ndarray(`K\x01K\x01\x85${float32}\x89C\x04\0\0\0\0`))}.`),
  ]
  for (const file of files) assert.equal((await readTensors(onlyFile(file), 'model')).tensors.size, 1)
})

test('none of it has taken much memory', assertLittleMemory)
