import { UserError } from '../errors.js'
import { type Budget, plain } from './untrusted.js'

/**
 * Something that a pickle may name by its module and attribute. `call` stands for what Python would run: it is our code,
 * and makes a plain value. Without it, the name may be mentioned but not called.
 */
export class PickleGlobal {
  constructor(
    readonly name: string,
    readonly call?: (args: readonly unknown[]) => unknown,
  ) {}
}

/** An object that a pickle makes first and fills afterwards. */
export interface Buildable {
  build(state: unknown): void
}

/** An object of a class that is known to be harmless and of no interest. */
export class InertObject implements Buildable {
  state: unknown = null

  constructor(readonly className: string) {}

  build(state: unknown): void {
    this.state = state
  }
}

/** A string too long for a name, left undecoded: protocol 2 writes the bytes of numpy arrays as such strings. */
export class LongText {
  constructor(
    readonly bytes: Uint8Array,
    readonly encoding: 'utf-8' | 'latin1',
  ) {}
}

/** What a pickle may use from outside. */
export interface PickleEnvironment {
  budget: Budget
  /** By module and name, as in `collections.OrderedDict`; whatever is missing here is refused. */
  globals: ReadonlyMap<string, PickleGlobal>
  /** Finds the object that is kept outside of the pickle under this identifier. */
  findPersistent?: (id: unknown) => unknown
}

/** Modules that Python 3 has renamed; Python 2, and protocol 2 of Python 3, write the old names. */
const renamedModules = new Map([
  ['__builtin__', 'builtins'],
  ['copy_reg', 'copyreg'],
])

/** How deep tuples, lists and dicts may be nested; Python's own pickler stops far earlier. */
const maxMarks = 10_000

/**
 * The stack, the memo and the rules of a pickle. Values are plain: None is null, an int a number or, past 2⁵³, a bigint,
 * a list or tuple an array, a dict a Map, a set a Set, bytes a Uint8Array. What the memo repeats is shared, never copied.
 */
export class PickleMachine {
  private readonly stack: unknown[] = []
  /** Where in the stack each open list, tuple or dict begins. */
  private readonly marks: number[] = []
  private readonly memo = new Map<number, unknown>()

  constructor(private readonly environment: PickleEnvironment) {}

  get budget(): Budget {
    return this.environment.budget
  }

  push(value: unknown): void {
    this.stack.push(value)
  }

  pop(): unknown {
    if (this.stack.length <= (this.marks.at(-1) ?? 0)) throw this.invalid('its stack runs empty')
    return this.stack.pop()
  }

  top(): unknown {
    const value = this.pop()
    this.push(value)
    return value
  }

  mark(): void {
    if (this.marks.length === maxMarks) throw this.invalid('it is nested too deeply')
    this.marks.push(this.stack.length)
  }

  /** The values since the last mark, which is taken away. */
  popMark(): unknown[] {
    const start = this.marks.pop()
    if (start === undefined) throw this.invalid('a mark is missing')
    return this.stack.splice(start)
  }

  /** Drops a value, or the mark on top. */
  drop(): void {
    if (this.marks.at(-1) === this.stack.length) this.marks.pop()
    else this.pop()
  }

  put(index: number): void {
    this.memo.set(index, this.top())
  }

  memoize(): void {
    this.put(this.memo.size)
  }

  get(index: number): void {
    if (!this.memo.has(index)) throw this.invalid(`its memo has no entry ${index}`)
    this.push(this.memo.get(index))
  }

  pushGlobal(module: unknown, name: unknown): void {
    if (typeof module !== 'string' || typeof name !== 'string') throw this.invalid('a global has no name')
    const fullName = `${renamedModules.get(module) ?? module}.${name}`
    const known = this.environment.globals.get(fullName)
    if (known === undefined) throw this.refused(`call ${plain(fullName)}`)
    this.push(known)
  }

  pushPersistent(id: unknown): void {
    if (!this.environment.findPersistent) throw this.refused('load an object from outside')
    this.push(this.environment.findPersistent(id))
  }

  /** What Python does by `callable(*args)`. */
  call(callable: unknown, args: unknown): void {
    if (!(callable instanceof PickleGlobal)) throw this.invalid('it calls what is no function')
    if (!callable.call) throw this.refused(`call ${callable.name}`)
    if (!Array.isArray(args)) throw this.invalid(`the arguments of ${callable.name} are no tuple`)
    this.push(callable.call(args))
  }

  /** What Python does by `__setstate__`, or by filling `__dict__`. */
  build(state: unknown): void {
    const target = this.top()
    if (isBuildable(target)) target.build(state)
    // The attributes of an OrderedDict, in which PyTorch keeps versions of modules.
    else if (!(target instanceof Map)) throw this.invalid('it sets the state of what has none')
  }

  append(items: readonly unknown[]): void {
    const list = this.top()
    if (!Array.isArray(list)) throw this.invalid('it appends to what is no list')
    for (const item of items) list.push(item)
  }

  add(items: readonly unknown[]): void {
    const set = this.top()
    if (!(set instanceof Set)) throw this.invalid('it adds to what is no set')
    for (const item of items) set.add(item)
  }

  setItems(items: readonly unknown[]): void {
    const map = this.top()
    if (!(map instanceof Map)) throw this.invalid('it sets items of what is no dict')
    if (items.length % 2 !== 0) throw this.invalid('a key of a dict has no value')
    for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1])
  }

  invalid(problem: string): UserError {
    return invalidPickle(this.budget.fileName, problem)
  }

  refused(request: string): UserError {
    return new UserError(
      `${this.budget.fileName} asks to ${request}: it is refused, since weights need no code; save the state_dict alone, or as safetensors`,
    )
  }
}

/** The error for a pickle that breaks the rules of the format or of the objects in it. */
export function invalidPickle(fileName: string, problem: string): UserError {
  return new UserError(`${fileName} is not a valid checkpoint (${problem}): download or save it again`)
}

function isBuildable(value: unknown): value is Buildable {
  return typeof (value as Partial<Buildable> | null)?.build === 'function'
}
