import { bytesPerElement, elementCount, type Tensor } from '../onnx/tensor.js'
import { arrange, LazyTensor, viewWithin } from './lazy-tensor.js'
import { parseNumpyDtype } from './numpy-dtype.js'
import { type Buildable, invalidPickle, LongText, PickleGlobal } from './pickle-machine.js'
import { encodeLatin1 } from './python-globals.js'
import { fortranStrides } from './strided.js'
import { type Budget, isShape, plain } from './untrusted.js'

/** What pickled numpy arrays, scalars and dtypes are made of, by module and name; numpy 2 has moved some of it. */
export function numpyGlobals(budget: Budget): Map<string, PickleGlobal> {
  const frombuffer = (args: readonly unknown[]) => {
    const [raw, dtype, shape, order] = args
    const array = new NumpyArray(budget)
    array.build([1, shape, dtype, order === 'F', raw])
    return array
  }
  const scalar = ([dtype, raw]: readonly unknown[]) => {
    const array = new NumpyArray(budget)
    array.build([1, [], dtype, false, raw])
    return array
  }
  const globals = [
    new PickleGlobal('numpy.ndarray'),
    new PickleGlobal('numpy.dtype', ([code]) => new NumpyDtype(typeof code === 'string' ? code : 'unknown')),
    ...['numpy.core', 'numpy._core'].flatMap((core) => [
      new PickleGlobal(`${core}.multiarray._reconstruct`, () => new NumpyArray(budget)),
      new PickleGlobal(`${core}.multiarray.scalar`, scalar),
      new PickleGlobal(`${core}.numeric._frombuffer`, frombuffer),
    ]),
  ]
  return new Map(globals.map((global) => [global.name, global]))
}

class NumpyDtype implements Buildable {
  private order = '|'

  constructor(private readonly code: string) {}

  /** State: (version, byte order, …), the rest for structures. */
  build(state: unknown): void {
    if (Array.isArray(state) && typeof state[1] === 'string') this.order = state[1]
  }

  /** As numpy writes it, such as `<f4`. */
  toString(): string {
    return this.order + this.code
  }
}

/** A pickled array. Its parts are checked when it is read: what is never read may be of any kind. */
export class NumpyArray extends LazyTensor implements Buildable {
  shape: readonly number[] = []
  private dtype: unknown
  private fortran = false
  private raw: unknown

  constructor(private readonly budget: Budget) {
    super()
  }

  /** State: (version, shape, dtype, is it in Fortran order, bytes). */
  build(state: unknown): void {
    if (!Array.isArray(state) || state.length !== 5) throw this.invalid('an array has no proper state')
    const [, shape, dtype, fortran, raw] = state
    if (!isShape(shape)) throw this.invalid('an array has an impossible shape')
    this.shape = shape.slice()
    this.dtype = dtype
    this.fortran = fortran === true
    this.raw = raw
  }

  protected async load(): Promise<Tensor> {
    const code = this.dtype instanceof NumpyDtype ? this.dtype.toString() : 'unknown'
    const dtype = parseNumpyDtype(code)
    if (dtype === undefined) throw this.invalid(`an array has elements of the kind ${plain(code)}`)
    // Python 2 writes bytes as a string.
    const isText = typeof this.raw === 'string' || this.raw instanceof LongText
    const bytes = isText ? encodeLatin1(this.raw, this.budget) : this.raw
    const size = elementCount(this.shape) * bytesPerElement(dtype)
    if (!(bytes instanceof Uint8Array) || bytes.length !== size) {
      throw this.invalid(`an array of shape [${this.shape.slice(0, 8)}] has not ${size} bytes`)
    }
    const data = viewWithin(dtype, bytes, this.budget)
    if (!this.fortran) return { dtype, shape: this.shape, data }
    const layout = { offset: 0, shape: this.shape, strides: fortranStrides(this.shape) }
    return { dtype, shape: this.shape, data: arrange(dtype, data, layout, this.budget) }
  }

  private invalid(problem: string) {
    return invalidPickle(this.budget.fileName, problem)
  }
}
