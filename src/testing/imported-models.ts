import { existsSync, readFileSync } from 'node:fs'
import { gradients } from '../autodiff/index.js'
import { bindDimensions, decodeModel, encodeModel, type Graph, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Tensors } from '../runtime/session.js'
import { crossEntropy } from '../train/index.js'

/** Small ViTs exported by PyTorch at several opsets, as differently as it exports them. */
const folder = new URL('../../../shared/reference/onnx/', import.meta.url)

export const importedModels = [
  'torchvision_vit_d48_l2_opset14',
  'wzm_vit_d48_l2_prelogits_opset13',
  'wzm_vit_d48_l3_opset11',
  'wzm_vit_d48_l3_opset13',
  'wzm_vit_d48_l3_opset13_nofold_static',
  'wzm_vit_d48_l3_opset16',
  'wzm_vit_d48_l3_opset17',
]

/** Why they cannot be used, for a test's `skip`. */
export const skipImported = existsSync(folder) ? false : 'needs ../shared/reference/onnx'

export const readImported = (name: string): Graph =>
  decodeModel(new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder))))

/** Pixels [2, 3, 32, 32]. */
export function importedInput(): Tensor {
  const { input, shape } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
  return tensor('float32', input, shape)
}

/** The logits [2, 5] that PyTorch gives for them, one after the other. */
export function importedOutputs(name: string): number[] {
  const { outputs } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
  return outputs[name.replace(/_opset.*/, '')].flat()
}

/** The right answers for the two pictures. */
export const importedLabels = [1, 4]

export const isFloat = ({ dtype }: { dtype: string }) => dtype === 'float32'

/** One element of a weight, its gradient by autodiff and by central differences. */
export interface GradientPair {
  element: string
  actual: number
  expected: number
}

/** The curvature of the loss makes differences with this step wrong by less than 1e-3. */
const step = 1e-2

/** The gradients of an imported model, as `weightGradients` compares them. */
export const importedGradients = (name: string): Promise<GradientPair[]> =>
  weightGradients(readImported(name), importedInput(), name)

/**
 * Compares the gradients of at least 20 random elements, and at least one of each weight, of a model from pixels
 * [2, channels, height, width] to logits. `name` seeds the choice.
 */
export async function weightGradients(source: Graph, pixels: Tensor, name: string): Promise<GradientPair[]> {
  const random = new Random('imported', name)
  const graph = withGradients(source)
  const session = await inlineRuntime.createSession(encodeModel(graph))
  const weights = noisyWeights(source, random)
  const feeds = { [graph.inputs[0]!.name]: pixels, ...weights }
  const results = await session.run(feeds)
  const logits = graph.outputs[0]!.name
  const shuffled = random.shuffle(Object.keys(weights))
  const pairs: GradientPair[] = []
  for (let i = 0; i < Math.max(20, shuffled.length); i++) {
    const weight = shuffled[i % shuffled.length]!
    const gradient = results[`d ${weight}`]!.data as Float32Array
    const index = pickNotable(gradient, random)
    const lossAt = async (change: number) => {
      const data = (weights[weight]!.data as Float32Array).slice()
      data[index] = data[index]! + change
      return lossOf((await session.run({ ...feeds, [weight]: { ...weights[weight]!, data } }))[logits]!)
    }
    const expected = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
    pairs.push({ element: `${weight}[${index}]`, actual: gradient[index]!, expected })
  }
  await session.close()
  return pairs
}

/** The graph for a batch of 2, its float32 initializers as inputs, with the gradient of the loss for each of them. */
function withGradients(source: Graph): Graph {
  const graph = bindDimensions(source, { batch: 2 }, { promote: isFloat })
  const weights = graph.inputs.filter(({ name }) => source.initializers.has(name))
  const loss = crossEntropy()(graph.outputs[0]!, graph.constant('int64', importedLabels))
  for (const [i, gradient] of gradients(loss, weights).entries()) {
    if (!gradient) throw new Error(`${weights[i]!.name} has no gradient`)
    graph.output(`d ${weights[i]!.name}`, gradient)
  }
  return graph
}

/** The mean cross-entropy in double precision, which leaves the rounding of the float32 logits alone. */
function lossOf({ data, shape }: Tensor): number {
  const classes = shape[1]!
  const losses = importedLabels.map((label, i) => {
    const row = Array.from((data as Float32Array).subarray(i * classes, (i + 1) * classes))
    return Math.log(row.reduce((sum, logit) => sum + Math.exp(logit), 0)) - row[label]!
  })
  return losses.reduce((a, b) => a + b) / losses.length
}

/**
 * The exporter's weights with noise added. As drawn, they are so small that attention is almost uniform and its
 * gradients drown in the rounding of float32.
 */
function noisyWeights(source: Graph, random: Random): Tensors {
  const weights = [...source.initializers.values()].filter(isFloat)
  return Object.fromEntries(
    weights.map(({ name, dtype, shape, data }) => [
      name,
      { dtype, shape: shape as number[], data: (data as Float32Array).map((value) => value + random.normal(0, 0.15)) },
    ]),
  )
}

/** The place of a random element among those at least half as large as the largest. */
function pickNotable(values: Float32Array, random: Random): number {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const notable = [...values.keys()].filter((i) => Math.abs(values[i]!) >= largest / 2)
  return random.pick(notable)
}
