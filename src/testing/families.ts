import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ViTConfig } from '../nn/index.js'
import { elementCount, Graph } from '../onnx/index.js'
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

/**
 * The largest error of the outputs that Vitrine computes for the model in a folder of tools/make-family-fixtures.py,
 * relative to the largest output of the library that made it. NaN where the shapes differ.
 */
export async function familyError(folder: string): Promise<number> {
  const { file, options, input, values }: Expected = JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8'))
  const { vit } = await loadModel(nodeFiles, file ? join(folder, file) : folder, options && { config: options })
  const data = Float32Array.from({ length: elementCount(input.shape) }, (_, i) => Math.sin(i * i))
  const graph = vit.build(new Graph())
  const outputs = await runGraph(graph, { pixel_values: { dtype: 'float32', shape: input.shape, data } })
  const [output] = Object.values(outputs)
  const expected = values.flat()
  if (output!.data.length !== expected.length || output!.shape[0] !== values.length) return Number.NaN
  const errors = expected.map((value, i) => Math.abs(value - Number(output!.data[i])))
  return Math.max(...errors) / Math.max(...expected.map(Math.abs))
}
