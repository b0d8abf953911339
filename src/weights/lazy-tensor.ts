import { bytesPerElement, type DType, elementCount, type Tensor, type TypedArray, viewBytes } from '../onnx/tensor.js'
import { gather, isContiguous, type Layout } from './strided.js'
import type { Budget } from './untrusted.js'

/** A tensor of a file, whose numbers are looked up when they are asked for: much in a checkpoint never is. */
export abstract class LazyTensor {
  private tensor?: Promise<Tensor>

  abstract readonly shape: readonly number[]

  /** The tensor; where the file allows, its data are a view of the file. @throws UserError where the file lies about it */
  read(): Promise<Tensor> {
    this.tensor ??= this.load()
    return this.tensor
  }

  protected abstract load(): Promise<Tensor>
}

/** The elements of a layout in row-major order: a view where they lie so, else a copy, paid from the budget. */
export function arrange(dtype: DType, data: TypedArray, layout: Layout, budget: Budget): TypedArray {
  const count = elementCount(layout.shape)
  if (isContiguous(layout)) return data.subarray(layout.offset, layout.offset + count)
  budget.takeBytes(count * bytesPerElement(dtype))
  return gather(dtype, data, layout, count)
}

/** `viewBytes`, with the copy that it makes of unaligned bytes paid from the budget. */
export function viewWithin(dtype: DType, bytes: Uint8Array, budget: Budget): TypedArray {
  if (bytes.byteOffset % bytesPerElement(dtype) !== 0) budget.takeBytes(bytes.length)
  return viewBytes(dtype, bytes)
}
