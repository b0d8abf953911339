import type { Part } from '../../inspect/index.js'
import { concatFloats } from '../../onnx/index.js'
import type { Numbers } from './constants.js'

/** A product's numbers as nn/ keeps them: W is [out, in]. */
export interface LinearWeights {
  weight: Float32Array
  bias: Float32Array | undefined
  inFeatures: number
  outFeatures: number
}

/** The numbers of a recognised product, transposed where the file has [in, out]. */
export function linearWeights(part: Part, numbers: Numbers): LinearWeights {
  const { inFeatures, outFeatures, transposed } = part.details as {
    inFeatures: number
    outFeatures: number
    transposed: boolean
  }
  const kept = numbers(part.weights.weight!)
  const weight = transposed ? kept : transpose(kept, inFeatures, outFeatures)
  const bias = part.weights.bias && widen(numbers(part.weights.bias), outFeatures)
  return { weight, bias, inFeatures, outFeatures }
}

/** [rows, columns] to [columns, rows]. */
export function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  const turned = new Float32Array(values.length)
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!
  return turned
}

/** One number for all, as a bias may be kept, as many. */
export const widen = (values: Float32Array, count: number): Float32Array =>
  values.length === 1 && count > 1 ? new Float32Array(count).fill(values[0]!) : values

/** Several products of the same input as one: their features one after the other. */
export function stack(parts: readonly LinearWeights[]): LinearWeights {
  const outFeatures = parts.reduce((sum, part) => sum + part.outFeatures, 0)
  const hasBias = parts.some(({ bias }) => bias)
  return {
    weight: concatFloats(parts.map(({ weight }) => weight)),
    bias: hasBias
      ? concatFloats(parts.map(({ bias, outFeatures }) => bias ?? new Float32Array(outFeatures)))
      : undefined,
    inFeatures: parts[0]!.inFeatures,
    outFeatures,
  }
}

/** Some of a product's features: rows of its weight. */
export function rows({ weight, bias, inFeatures }: LinearWeights, first: number, count: number): LinearWeights {
  return {
    weight: weight.subarray(first * inFeatures, (first + count) * inFeatures),
    bias: bias?.subarray(first, first + count),
    inFeatures,
    outFeatures: count,
  }
}

/** A product whose result is `factor` times as large. */
export function scaled(linear: LinearWeights, factor: number): LinearWeights {
  const times = (values: Float32Array) => values.map((value) => value * factor)
  return { ...linear, weight: times(linear.weight), bias: linear.bias && times(linear.bias) }
}
