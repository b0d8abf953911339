import { allocate, type DType, type TypedArray } from '../onnx/tensor.js'

/** Where the elements of an array lie in memory: `offset + Σ index[axis] · strides[axis]`, counted in elements. */
export interface Layout {
  offset: number
  shape: readonly number[]
  strides: readonly number[]
}

/** Does the layout run through memory in row-major order, without gaps? */
export function isContiguous({ shape, strides }: Layout): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    // The stride of an axis of one element is never used, and libraries put anything there.
    if (shape[axis] !== 1 && strides[axis] !== expected) return shape.includes(0)
    expected *= shape[axis]!
  }
  return true
}

/** One more than the largest place that the layout touches. */
export function extent({ offset, shape, strides }: Layout): number {
  if (shape.includes(0)) return offset
  return shape.reduce((last, size, axis) => last + (size - 1) * strides[axis]!, offset) + 1
}

/** The strides of a Fortran array, whose first axis runs fastest. */
export function fortranStrides(shape: readonly number[]): number[] {
  const strides: number[] = []
  let stride = 1
  for (const size of shape) {
    strides.push(stride)
    stride *= size
  }
  return strides
}

/** Copies the `count` elements of a layout into row-major order. `data` must reach to its extent. */
export function gather(dtype: DType, data: TypedArray, { offset, shape, strides }: Layout, count: number): TypedArray {
  // All arrays have the same kind of elements, so one type of array may stand for all.
  const result = allocate(dtype, count) as Float32Array
  const source = data as Float32Array
  const inner = shape.length === 0 ? 1 : shape.at(-1)!
  const innerStride = strides.at(-1) ?? 0
  const index = new Array<number>(shape.length).fill(0)
  let start = offset
  for (let i = 0; i < count; ) {
    for (let k = 0; k < inner; k++) result[i++] = source[start + k * innerStride]!
    for (let axis = shape.length - 2; axis >= 0; axis--) {
      start += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      start -= index[axis]! * strides[axis]!
      index[axis] = 0
    }
  }
  return result
}
