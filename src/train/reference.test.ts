import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { gradients } from '../autodiff/index.js'
import { ViT } from '../nn/index.js'
import { encodeModel, Graph, type Tensor, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { relativeError } from '../testing/finite-differences.js'
import { parseSafetensors } from '../weights/index.js'
import { crossEntropy } from './loss.js'
import { adamw } from './optimizers.js'
import { compileTrainStep } from './train-step.js'

// A small ViT whose loss, gradients and three AdamW steps PyTorch computed in float64.
const folder = new URL('../../../shared/reference/gradients/', import.meta.url)
const skip = existsSync(folder) ? false : 'needs ../shared/reference/gradients'
const load = (name: string) => parseSafetensors(readFileSync(new URL(name, folder)), name).tensors
const json = () => JSON.parse(readFileSync(new URL('reference.json', folder), 'utf8'))

function referenceModel() {
  const model = new ViT({ imageSize: 32, patchSize: 8, embedDim: 48, depth: 3, numHeads: 4, numClasses: 5 })
  model.loadStateDict(load('weights.safetensors'))
  return model
}

test('loss and gradients of all parameters and of the pixels equal PyTorch in float64', { skip }, async () => {
  const reference = json()
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
  assert.ok(Math.abs(Number(results.loss!.data[0]) / reference.loss - 1) < 1e-6)
  // float32 against float64: rounding alone gives about 1e-6.
  for (const [name, expected] of load('grads.safetensors')) {
    const ours = results[`d ${name === 'input' ? 'pixel_values' : name}`]
    assert.ok(ours, name)
    const error = relativeError(ours.data as Float32Array, expected.data as Float64Array)
    assert.ok(error < 1e-4, `${name}: relative error ${error}`)
  }
})

test('three clipped AdamW steps equal PyTorch: losses, gradient norms and the parameters after them', {
  skip,
}, async () => {
  const reference = json()
  const source = referenceModel().build(new Graph({ training: true }))
  const { learning_rate, steps, weight_decay, clip_grad_norm } = {
    ...reference.adamw,
    learning_rate: reference.adamw.lr,
  }
  const step = compileTrainStep(source, {
    loss: crossEntropy({ labelSmoothing: reference.label_smoothing }),
    optimizer: adamw({ weightDecay: weight_decay }),
    batch: 2,
    clipNorm: clip_grad_norm,
    decays: () => true,
  })
  const session = await inlineRuntime.createSession(encodeModel(step.graph), {
    state: Object.fromEntries(step.state.map(({ input, output, initial }) => [input, { output, initial }])),
  })
  for (const [i, expected] of steps.entries()) {
    const result: Record<string, Tensor> = await session.run({
      pixel_values: tensor('float32', reference.input, reference.input_shape),
      labels: tensor('int64', reference.labels),
      learning_rate: tensor('float32', [learning_rate], []),
      step: tensor('float32', [i + 1], []),
    })
    assert.ok(Math.abs(Number(result.loss!.data[0]) / expected.loss - 1) < 1e-4, `loss ${i}: ${result.loss!.data[0]}`)
    assert.ok(Math.abs(Number(result.grad_norm!.data[0]) / expected.grad_norm - 1) < 1e-4, `norm ${i}`)
  }
  const state = await session.readState()
  for (const [name, expected] of load('after3.safetensors')) {
    const parts = split(name, expected.data as Float64Array)
    for (const [from, to] of parts) {
      const error = relativeError(
        (state[name]!.data as Float32Array).subarray(from, to),
        (expected.data as Float64Array).subarray(from, to),
      )
      assert.ok(error < 1e-4, `${name} from ${from}: relative error ${error}`)
    }
  }
})

/**
 * The ranges of a parameter to compare. A bias added to all keys changes no attention weight: its true gradient is zero,
 * rounding decides its sign, and Adam's first steps follow the sign alone. So that third is left out.
 */
function split(name: string, { length }: { length: number }): [number, number][] {
  return name.endsWith('qkv.bias')
    ? [
        [0, length / 3],
        [(2 * length) / 3, length],
      ]
    : [[0, length]]
}
