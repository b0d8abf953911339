import { existsSync, readFileSync } from 'node:fs'
import { gradients } from '../autodiff/index.js'
import { ViT } from '../nn/index.js'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { adamw, compileTrainStep, crossEntropy, sessionState } from '../train/index.js'
import { parseSafetensors } from '../weights/index.js'
import { relativeError } from './finite-differences.js'

/** A small ViT whose loss, gradients and three clipped AdamW steps PyTorch computed in float64. */
const folder = new URL('../../../shared/reference/gradients/', import.meta.url)

/** Why the reference cannot be used, for a test's `skip`. */
export const skipReference = existsSync(folder) ? false : 'needs ../shared/reference/gradients'

/** The relative errors of our float32 values, in the Euclidean norm, by the parameter they belong to. */
export type Errors = ReadonlyMap<string, number>

const load = (name: string) => parseSafetensors(readFileSync(new URL(name, folder)), name).tensors
const readReference = () => JSON.parse(readFileSync(new URL('reference.json', folder), 'utf8'))

function referenceModel(): ViT {
  const model = new ViT({ imageSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 4, numClasses: 5 })
  model.loadStateDict(load('weights.safetensors'))
  return model
}

/** Errors of the loss, of every parameter's gradient, and of the gradient with respect to the pixels, called `input`. */
export async function referenceGradientErrors(): Promise<{ loss: number; gradients: Errors }> {
  const reference = readReference()
  const graph = new Graph()
  const pixels = graph.input('pixel_values', 'float32', reference.input_shape)
  const labels = graph.input('labels', 'int64', [2])
  const loss = crossEntropy({ labelSmoothing: reference.label_smoothing })(referenceModel().forward(pixels), labels)
  const parameters = [...graph.initializers.values()].filter(({ name }) => !name.startsWith('const'))
  const wanted = [pixels, ...parameters]
  for (const [i, gradient] of gradients(loss, wanted).entries()) graph.output(`d ${wanted[i]!.name}`, gradient!)
  graph.output('loss', loss)
  const session = await inlineRuntime.createSession(encodeModel(graph))
  const results = await session.run({
    pixel_values: tensor('float32', reference.input, reference.input_shape),
    labels: tensor('int64', reference.labels),
  })
  await session.close()
  const errors = [...load('grads.safetensors')].map(([name, expected]): [string, number] => {
    const ours = results[`d ${name === 'input' ? 'pixel_values' : name}`]?.data ?? []
    return [name, relativeError(ours as Float32Array, expected.data as Float64Array)]
  })
  return { loss: scalarError(results.loss!, reference.loss), gradients: new Map(errors) }
}

/** Errors of each step's loss and gradient norm (before clipping), and of the parameters after the third step. */
export async function referenceStepErrors(): Promise<{ losses: number[]; norms: number[]; parameters: Errors }> {
  const reference = readReference()
  const { lr, weight_decay, clip_grad_norm, steps } = reference.adamw
  const step = compileTrainStep(referenceModel().build(new Graph({ training: true })), {
    loss: crossEntropy({ labelSmoothing: reference.label_smoothing }),
    optimizer: adamw({ weightDecay: weight_decay }),
    batch: 2,
    clipNorm: clip_grad_norm,
    decays: () => true,
  })
  const session = await inlineRuntime.createSession(encodeModel(step.graph), {
    state: sessionState(step.state),
  })
  const losses: number[] = []
  const norms: number[] = []
  for (const [i, expected] of steps.entries()) {
    const { loss, grad_norm } = await session.run({
      pixel_values: tensor('float32', reference.input, reference.input_shape),
      labels: tensor('int64', reference.labels),
      learning_rate: tensor('float32', [lr], []),
      step: tensor('float32', [i + 1], []),
    })
    losses.push(scalarError(loss!, expected.loss))
    norms.push(scalarError(grad_norm!, expected.grad_norm))
  }
  const state = await session.readState()
  await session.close()
  const errors = [...load('after3.safetensors')].flatMap(([name, expected]) =>
    comparableRanges(name, expected.data).map(([from, to]): [string, number] => [
      from === 0 ? name : `${name} from ${from}`,
      relativeError(
        (state[name]!.data as Float32Array).subarray(from, to),
        (expected.data as Float64Array).subarray(from, to),
      ),
    ]),
  )
  return { losses, norms, parameters: new Map(errors) }
}

const scalarError = ({ data }: Tensor, expected: number) => Math.abs(Number(data[0]) / expected - 1)

/**
 * The ranges of a parameter to compare. A bias added to all keys changes no attention weight: its true gradient is zero,
 * rounding decides its sign, and Adam's first steps follow the sign alone. So that third is left out.
 */
function comparableRanges(name: string, { length }: { length: number }): [number, number][] {
  return name.endsWith('qkv.bias')
    ? [
        [0, length / 3],
        [(2 * length) / 3, length],
      ]
    : [[0, length]]
}
