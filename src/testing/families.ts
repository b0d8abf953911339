import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { ViT, ViTConfig } from '../nn/index.js'
import { elementCount, Graph, type Tensor } from '../onnx/index.js'
import { loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { runGraph } from './run-graph.js'

/** What tools/make-family-fixtures.py writes beside each model. */
interface Expected {
  /** The library that made the model and computed the values. */
  library: string
  /** The weight file to load; the folder where there is none. */
  file?: string
  /** What no file of this library tells. */
  options?: Partial<ViTConfig>
  input: { shape: number[] }
  /** [batch, classes or features], computed in double precision. */
  values: number[][]
}

/**
 * How much rounding to float32 may change an output, relative to the largest. What is wrong shows at 1e-3 or more: the
 * generators make sure of that for the epsilon of LayerNorm and the activation, which change least.
 */
export const familyTolerance = 1e-4

/** What the generators feed every model, and any language computes the same. */
export function familyPixels(shape: readonly number[]): Tensor {
  const data = Float32Array.from({ length: elementCount(shape) }, (_, i) => Math.sin(i * i))
  return { dtype: 'float32', shape, data }
}

/** What a model makes of these pixels. */
export async function familyOutputs(vit: ViT, shape: readonly number[]): Promise<number[]> {
  const outputs = await runGraph(vit.build(new Graph()), { pixel_values: familyPixels(shape) })
  return Array.from(Object.values(outputs)[0]!.data as Float32Array)
}

/** The largest error, relative to the largest value that is expected. NaN where there are more or fewer values. */
export function relativeError(values: readonly number[], expected: readonly number[]): number {
  if (values.length !== expected.length) return Number.NaN
  const errors = expected.map((value, i) => Math.abs(value - values[i]!))
  return Math.max(...errors) / Math.max(...expected.map(Math.abs))
}

/** How far the outputs of two models are apart, relative to the largest; 0 without a run where the models are the same. */
export async function outputDifference(vit: ViT, other: ViT, shape: readonly number[]): Promise<number> {
  const contents = ({ config, parameters }: ViT) => [config, [...parameters].map(([name, { data }]) => [name, data])]
  if (isDeepStrictEqual(contents(vit), contents(other))) return 0
  return relativeError(await familyOutputs(vit, shape), await familyOutputs(other, shape))
}

/** The model in a folder of tools/make-family-fixtures.py, the shape of its input, and its library's outputs. */
export async function loadFamily(folder: string, config: Partial<ViTConfig> = {}) {
  const { file, options, input, values }: Expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
  const path = file ? join(folder, file) : folder
  const model = await loadModel(nodeFiles, path, { config: { ...options, ...config } })
  return { model, shape: input.shape, expected: values.flat() }
}

/**
 * The largest error of the outputs that Vitrine computes for the model in a folder of tools/make-family-fixtures.py,
 * relative to the largest output of the library that made it.
 */
export async function familyError(folder: string): Promise<number> {
  const { model, shape, expected } = await loadFamily(folder)
  return relativeError(await familyOutputs(model.vit, shape), expected)
}
