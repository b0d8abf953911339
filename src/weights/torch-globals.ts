import { bytesPerElement, type DType, elementCount, type Tensor, type TypedArray } from '../onnx/tensor.js'
import { arrange, LazyTensor, viewWithin } from './lazy-tensor.js'
import { InertObject, invalidPickle, PickleGlobal } from './pickle-machine.js'
import { extent, type Layout } from './strided.js'
import { type Budget, isShape, isSizes, plain } from './untrusted.js'

const dtypes = [
  ['float32', 'FloatStorage'],
  ['float64', 'DoubleStorage'],
  ['float16', 'HalfStorage'],
  ['bfloat16', 'BFloat16Storage'],
  ['uint8', 'ByteStorage'],
  ['int8', 'CharStorage'],
  ['int16', 'ShortStorage'],
  ['int32', 'IntStorage'],
  ['int64', 'LongStorage'],
  ['bool', 'BoolStorage'],
  // These came later and have no storage class of their own.
  ['uint16'],
  ['uint32'],
  ['uint64'],
] as const satisfies readonly (readonly [DType, string?])[]

/** A class of storages, or a dtype: what they mean for us is the type of the elements. */
class ElementType extends PickleGlobal {
  constructor(
    name: string,
    readonly dtype: DType,
  ) {
    super(name)
  }
}

/** What tensors of PyTorch are made of, by module and name. */
export function torchGlobals(budget: Budget): Map<string, PickleGlobal> {
  const invalid = (problem: string) => invalidPickle(budget.fileName, problem)
  const rebuild = (args: readonly unknown[], dtype?: unknown): TorchTensor => {
    const [storage, offset, shape, strides] = args
    if (!(storage instanceof TorchStorage)) throw invalid('a tensor has no storage')
    if (!isShape(shape) || !isShape(strides) || !isSizes([offset]) || shape.length !== strides.length) {
      throw invalid('a tensor has an impossible shape')
    }
    const layout = { offset: offset as number, shape: shape.slice(), strides: strides.slice() }
    return new TorchTensor(storage, dtype instanceof ElementType ? dtype.dtype : storage.dtype, layout, budget)
  }
  const tensorInside = ([tensor]: readonly unknown[]): LazyTensor => {
    if (!(tensor instanceof LazyTensor)) throw invalid('a parameter holds no tensor')
    return tensor
  }
  const globals = [
    ...dtypes.map(([dtype]) => new ElementType(`torch.${dtype}`, dtype)),
    ...dtypes.flatMap(([dtype, storage]) =>
      storage ? [`torch.${storage}`, `torch.cuda.${storage}`].map((name) => new ElementType(name, dtype)) : [],
    ),
    new ElementType('torch.storage.UntypedStorage', 'uint8'),
    new PickleGlobal('torch._utils._rebuild_tensor', (args) => rebuild(args)),
    new PickleGlobal('torch._utils._rebuild_tensor_v2', (args) => rebuild(args)),
    new PickleGlobal('torch._utils._rebuild_tensor_v3', (args) => rebuild(args, args[6])),
    new PickleGlobal('torch._utils._rebuild_parameter', tensorInside),
    new PickleGlobal('torch._utils._rebuild_parameter_with_state', tensorInside),
    new PickleGlobal('torch.nn.parameter.Parameter', tensorInside),
    new PickleGlobal('torch.Size', ([sizes = []]) => sizes),
    new PickleGlobal('torch.device', () => new InertObject('torch.device')),
  ]
  return new Map(globals.map((global) => [global.name, global]))
}

/** The memory that one or more tensors are views of. */
export class TorchStorage {
  /** Copies made of unaligned bytes are shared between the tensors, as the bytes are. */
  private readonly views = new Map<DType, TypedArray>()
  private bytes?: Promise<Uint8Array>

  constructor(
    readonly dtype: DType,
    readonly byteLength: number,
    private readonly load: () => Promise<Uint8Array>,
  ) {}

  async view(dtype: DType, budget: Budget): Promise<TypedArray> {
    this.bytes ??= this.load()
    const bytes = await this.bytes
    const whole = bytes.subarray(0, bytes.length - (bytes.length % bytesPerElement(dtype)))
    const view = this.views.get(dtype) ?? viewWithin(dtype, whole, budget)
    this.views.set(dtype, view)
    return view
  }
}

/** The identifiers of storages in a pickle by PyTorch, and the storages found for them. */
export class TorchStorages {
  private readonly found = new Map<string, TorchStorage>()

  /** `load` finds the bytes of a storage by its key; there must be at least `byteLength`. */
  constructor(
    private readonly budget: Budget,
    private readonly load: (key: string) => Promise<Uint8Array>,
  ) {}

  /** The identifier is ('storage', class, key, device, number of elements); the legacy format adds a view, which is None. */
  find(id: unknown): TorchStorage {
    const [kind, type, key, , count, view = null] = Array.isArray(id) ? id : []
    if (kind !== 'storage' || !(type instanceof ElementType) || typeof key !== 'string' || !isSizes([count])) {
      throw this.invalid('the identifier of a storage makes no sense')
    }
    if (view !== null) throw this.invalid('a storage is a view of another')
    const known = this.found.get(key)
    if (known?.dtype === type.dtype) return known
    const byteLength = (count as number) * bytesPerElement(type.dtype)
    const storage = new TorchStorage(type.dtype, byteLength, async () => {
      const bytes = await this.load(key)
      if (bytes.length < byteLength) {
        throw this.invalid(`storage ${plain(key)} should have ${byteLength} bytes, but has ${bytes.length}`)
      }
      return bytes.subarray(0, byteLength)
    })
    // A storage is rarely named with two types; the first decides how the legacy format counts its elements.
    if (!known) this.found.set(key, storage)
    return storage
  }

  /** The storage of this key, if any tensor mentions it. */
  get(key: string): TorchStorage | undefined {
    return this.found.get(key)
  }

  private invalid(problem: string) {
    return invalidPickle(this.budget.fileName, problem)
  }
}

class TorchTensor extends LazyTensor {
  constructor(
    private readonly storage: TorchStorage,
    private readonly dtype: DType,
    private readonly layout: Layout,
    private readonly budget: Budget,
  ) {
    super()
  }

  get shape(): readonly number[] {
    return this.layout.shape
  }

  protected async load(): Promise<Tensor> {
    const { dtype, layout, shape } = this
    const data = await this.storage.view(dtype, this.budget)
    // An overflow is no number, or larger than any storage.
    if (!(extent(layout) <= data.length) || !Number.isSafeInteger(elementCount(shape))) {
      const problem = `a tensor of shape [${shape.slice(0, 8)}] reaches beyond its storage`
      throw invalidPickle(this.budget.fileName, problem)
    }
    return { dtype, shape, data: arrange(dtype, data, layout, this.budget) }
  }
}
