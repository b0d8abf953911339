/** The element types of ONNX tensors that Vitrine knows, by their numbers in `TensorProto.DataType`. */
export const dataTypes = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  complex64: 14,
  complex128: 15,
  bfloat16: 16,
  float8e4m3fn: 17,
  float8e4m3fnuz: 18,
  float8e5m2: 19,
  float8e5m2fnuz: 20,
  uint4: 21,
  int4: 22,
  float4e2m1: 23,
  float8e8m0: 24,
  uint2: 25,
  int2: 26,
} as const

/** The element type of a tensor. */
export type DType = keyof typeof dataTypes

/** The element type that a number of `TensorProto.DataType` stands for, where Vitrine knows it. */
export function dtypeOfNumber(number: number): DType | undefined {
  return (Object.keys(dataTypes) as DType[]).find((name) => dataTypes[name] === number)
}

/**
 * The arrays that hold tensor elements. float16, bfloat16 and smaller floats are kept as bit patterns, bool as bytes;
 * types of less than a byte are packed, several elements a byte; a complex number is two elements of its array.
 */
export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array

const arrays = {
  float32: Float32Array,
  uint8: Uint8Array,
  int8: Int8Array,
  uint16: Uint16Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  bool: Uint8Array,
  float16: Uint16Array,
  float64: Float64Array,
  uint32: Uint32Array,
  uint64: BigUint64Array,
  complex64: Float32Array,
  complex128: Float64Array,
  bfloat16: Uint16Array,
  float8e4m3fn: Uint8Array,
  float8e4m3fnuz: Uint8Array,
  float8e5m2: Uint8Array,
  float8e5m2fnuz: Uint8Array,
  uint4: Uint8Array,
  int4: Uint8Array,
  float4e2m1: Uint8Array,
  float8e8m0: Uint8Array,
  uint2: Uint8Array,
  int2: Uint8Array,
} as const

/** How many items of its array an element takes, where that is not one. */
const itemsPerElement: Partial<Record<DType, number>> = {
  complex64: 2,
  complex128: 2,
  uint4: 1 / 2,
  int4: 1 / 2,
  float4e2m1: 1 / 2,
  uint2: 1 / 4,
  int2: 1 / 4,
}

/** The length of the array that holds `count` elements. */
export const arrayLength = (dtype: DType, count: number): number => Math.ceil(count * (itemsPerElement[dtype] ?? 1))

/** The bytes of one item of the array that holds elements. */
export const bytesPerItem = (dtype: DType): number => arrayOf(dtype).BYTES_PER_ELEMENT

/** Whether an element is a plain number in its array: halves and smaller floats are bits, strings have no array. */
export const holdsNumbers = (dtype: DType): boolean => /^(u?int(8|16|32|64)|bool|float(32|64))$/.test(dtype)

function arrayOf(dtype: DType) {
  if (dtype === 'string') throw new Error('strings are no numbers')
  return arrays[dtype]
}

/** Numbers with a shape, in row-major order. */
export interface Tensor {
  dtype: DType
  shape: readonly number[]
  data: TypedArray
}

/**
 * The elements of a constant: in memory, or what reads them from where they lie. They are read anew each time, so that
 * going through all weights of a large model takes little memory; `start` and `end`, counted in elements, read a part.
 */
export type Numbers = TypedArray | ((start?: number, end?: number) => TypedArray)

/** The number of elements of a shape. */
export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

/** The size of one element in bytes: half a byte for int4, and 0 for strings, which have no fixed size. */
export function bytesPerElement(dtype: DType): number {
  return dtype === 'string' ? 0 : bytesPerItem(dtype) * (itemsPerElement[dtype] ?? 1)
}

/** A new array of zeros for `count` elements. */
export function allocate(dtype: DType, count: number): TypedArray {
  return new (arrayOf(dtype))(arrayLength(dtype, count))
}

/** A typed array over `bytes`, without a copy where the alignment allows it. */
export function viewBytes(dtype: DType, bytes: Uint8Array): TypedArray {
  const ArrayType = arrayOf(dtype)
  const size = ArrayType.BYTES_PER_ELEMENT
  const aligned = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes)
  return new ArrayType(aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.byteLength / size)
}

/** The bytes behind a typed array, without a copy. */
export function bytesOf(data: TypedArray): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
}

/** The int64 of a number. The largest one, which means "to the end" in a Slice, is no exact number and keeps its place. */
export function toInt64(value: number): bigint {
  return value >= 2 ** 63 ? 2n ** 63n - 1n : BigInt(value)
}

/** A tensor of `dtype` from plain numbers; `shape` defaults to one axis. */
export function tensor(dtype: DType, values: readonly number[], shape: readonly number[] = [values.length]): Tensor {
  const data = allocate(dtype, values.length)
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    for (let i = 0; i < values.length; i++) data[i] = toInt64(values[i]!)
  } else data.set(values)
  return { dtype, shape, data }
}

/** One array of all numbers. A single array is given back as it is. */
export function concatFloats(arrays: readonly Float32Array[]): Float32Array {
  if (arrays.length === 1) return arrays[0]!
  const all = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0))
  let end = 0
  for (const array of arrays) {
    all.set(array, end)
    end += array.length
  }
  return all
}
