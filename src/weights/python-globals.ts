import { InertObject, invalidPickle, LongText, PickleGlobal } from './pickle-machine.js'
import type { Budget } from './untrusted.js'

/**
 * What checkpoints use of Python's own library: containers, the detour by which old protocols write bytes, and the
 * objects that hold a training's settings, which are kept unread. By module and name.
 */
export function pythonGlobals(budget: Budget): Map<string, PickleGlobal> {
  const invalid = (name: string) => invalidPickle(budget.fileName, `${name} is called with other arguments than usual`)

  /** The items of the first argument, paid for since they are copied. */
  const items = (name: string, [items = []]: readonly unknown[]): Iterable<unknown> => {
    if (!Array.isArray(items) && !(items instanceof Map)) throw invalid(name)
    budget.takeSteps(items instanceof Map ? items.size : items.length)
    return items
  }
  const set = (name: string) => new PickleGlobal(name, (args) => new Set(items(name, args)))
  const map = (name: string) =>
    new PickleGlobal(name, (args) => {
      const result = new Map()
      for (const pair of items(name, args)) {
        if (!Array.isArray(pair) || pair.length !== 2) throw invalid(name)
        result.set(pair[0], pair[1])
      }
      return result
    })
  // A list or tuple that is made of another is taken for the same: nothing here depends on which is which.
  const list = (name: string) =>
    new PickleGlobal(name, ([items = []]) => {
      if (!Array.isArray(items)) throw invalid(name)
      return items
    })
  const bytes = (name: string) =>
    new PickleGlobal(name, ([value = new Uint8Array(0), encoding]) => {
      if (value instanceof Uint8Array) return value
      if (encoding !== 'latin1' && encoding !== 'latin-1') throw invalid(name)
      return encodeLatin1(value, budget) ?? fail(invalid(name))
    })
  const inert = (name: string) => new PickleGlobal(name, () => new InertObject(name))
  const mentioned = (name: string) => new PickleGlobal(name)

  const globals = [
    map('collections.OrderedDict'),
    map('collections.Counter'),
    map('builtins.dict'),
    // Its argument is what makes missing values, and the items follow.
    new PickleGlobal('collections.defaultdict', () => new Map()),
    set('builtins.set'),
    set('builtins.frozenset'),
    list('builtins.list'),
    list('builtins.tuple'),
    bytes('builtins.bytes'),
    bytes('builtins.bytearray'),
    bytes('_codecs.encode'),
    inert('argparse.Namespace'),
    ...['Path', 'PosixPath', 'WindowsPath', 'PurePath', 'PurePosixPath', 'PureWindowsPath'].flatMap((name) => [
      inert(`pathlib.${name}`),
      inert(`pathlib._local.${name}`),
    ]),
    ...['object', 'int', 'float', 'bool', 'str'].map((name) => mentioned(`builtins.${name}`)),
    // How protocols 0 and 1 create an object of a class: (class, base, state of the base).
    new PickleGlobal('copyreg._reconstructor', ([type]) => {
      if (!(type instanceof PickleGlobal) || !type.call) throw invalid('copyreg._reconstructor')
      return type.call([])
    }),
  ]
  return new Map(globals.map((global) => [global.name, global]))
}

/** The bytes of a text whose characters are all below 256, or undefined where it is none. */
export function encodeLatin1(text: unknown, budget: Budget): Uint8Array | undefined {
  if (text instanceof LongText) {
    if (text.encoding === 'latin1') return text.bytes
    budget.takeBytes(text.bytes.length)
    return utf8ToLatin1(text.bytes)
  }
  if (typeof text !== 'string') return undefined
  budget.takeBytes(text.length)
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 255) return undefined
    bytes[i] = code
  }
  return bytes
}

/** Straight from UTF-8 to Latin-1: as strings, the weights of a large model would burst the heap. */
function utf8ToLatin1(utf8: Uint8Array): Uint8Array | undefined {
  const latin1 = new Uint8Array(utf8.length)
  let length = 0
  for (let i = 0; i < utf8.length; i++) {
    const byte = utf8[i]!
    if (byte < 0x80) latin1[length++] = byte
    else {
      // Characters from U+0080 to U+00FF begin with C2 or C3, which holds their upper two bits.
      const next = utf8[++i]
      if ((byte !== 0xc2 && byte !== 0xc3) || next === undefined || (next & 0xc0) !== 0x80) return undefined
      latin1[length++] = ((byte & 3) << 6) | (next & 0x3f)
    }
  }
  return latin1.subarray(0, length)
}

function fail(error: Error): never {
  throw error
}
