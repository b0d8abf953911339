import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { bindDimensions, decodeModel, encodeModel, type Graph, type Tensor, tensor } from '../onnx/index.js'
import { Random } from '../random.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import type { Tensors } from '../runtime/session.js'
import { crossEntropy } from '../train/loss.js'
import { sgd } from '../train/optimizers.js'
import { compileTrainStep } from '../train/train-step.js'
import { gradients } from './index.js'

// Small ViTs exported by PyTorch at several opsets, as differently as it exports them.
const folder = new URL('../../../shared/reference/onnx/', import.meta.url)
const names = [
  'torchvision_vit_d48_l2_opset14',
  'wzm_vit_d48_l2_prelogits_opset13',
  'wzm_vit_d48_l3_opset11',
  'wzm_vit_d48_l3_opset13',
  'wzm_vit_d48_l3_opset13_nofold_static',
  'wzm_vit_d48_l3_opset16',
  'wzm_vit_d48_l3_opset17',
]
const skip = existsSync(folder) ? false : 'needs ../shared/reference/onnx'
const read = (name: string) => decodeModel(new Uint8Array(readFileSync(new URL(`${name}.onnx`, folder))))

const labels = [1, 4]
const isFloat = ({ dtype }: { dtype: string }) => dtype === 'float32'

/** The graph for a batch of 2, its float32 initializers as inputs, with the gradient of the loss for each of them. */
function withGradients(source: Graph): Graph {
  const graph = bindDimensions(source, { batch: 2 }, { promote: isFloat })
  const weights = graph.inputs.filter(({ name }) => source.initializers.has(name))
  const loss = crossEntropy()(graph.outputs[0]!, graph.constant('int64', labels))
  for (const [i, gradient] of gradients(loss, weights).entries()) {
    assert.ok(gradient, `${weights[i]!.name} has no gradient`)
    graph.output(`d ${weights[i]!.name}`, gradient)
  }
  return graph
}

/** The curvature of the loss makes differences with this step wrong by less than 1e-3. */
const step = 1e-2
/** float32 logits around 1 carry rounding errors of a few 1e-7, which dividing by the step makes 100 times larger. */
const rounding = 1e-4

/** The mean cross-entropy in double precision, which leaves the rounding of the float32 logits alone. */
function lossOf({ data, shape }: Tensor): number {
  const classes = shape[1]!
  const losses = labels.map((label, i) => {
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

for (const name of names)
  test(`gradients of ${name} equal central differences`, { skip }, async () => {
    const source = read(name)
    const random = new Random('imported', name)
    const graph = withGradients(source)
    const session = await inlineRuntime.createSession(encodeModel(graph))
    const weights = noisyWeights(source, random)
    const { input, shape } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
    const feeds = { [graph.inputs[0]!.name]: tensor('float32', input, shape), ...weights }
    const results = await session.run(feeds)
    const logits = graph.outputs[0]!.name
    const shuffled = random.shuffle(Object.keys(weights))
    for (let i = 0; i < Math.max(20, shuffled.length); i++) {
      const name = shuffled[i % shuffled.length]!
      const gradient = results[`d ${name}`]!.data as Float32Array
      const index = pickNotable(gradient, random)
      const lossAt = async (change: number) => {
        const data = (weights[name]!.data as Float32Array).slice()
        data[index] = data[index]! + change
        return lossOf((await session.run({ ...feeds, [name]: { ...weights[name]!, data } }))[logits]!)
      }
      const expected = ((await lossAt(step)) - (await lossAt(-step))) / (2 * step)
      const actual = gradient[index]!
      assert.ok(Math.abs(expected) > 100 * rounding, `the gradient of ${name}[${index}] is too small to compare`)
      const allowed = 5e-3 * Math.max(Math.abs(actual), Math.abs(expected)) + rounding
      assert.ok(Math.abs(actual - expected) < allowed, `${name}[${index}]: ${actual} is not ${expected}`)
    }
    await session.close()
  })

/** The place of a random element among those at least half as large as the largest. */
function pickNotable(values: Float32Array, random: Random): number {
  const largest = values.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  const notable = [...values.keys()].filter((i) => Math.abs(values[i]!) >= largest / 2)
  return random.pick(notable)
}

for (const name of names)
  test(`a few training steps on ${name} lower its loss`, { skip }, async () => {
    const source = read(name)
    const options = { loss: crossEntropy(), optimizer: sgd(), batch: 2, clipNorm: 1 }
    const { graph, state, parameters } = compileTrainStep(source, options)
    assert.deepEqual(
      new Set(parameters.keys()),
      new Set(
        [...source.initializers.values()].filter((value) => isFloat(value) && value.rank > 0).map(({ name }) => name),
      ),
    )
    const session = await inlineRuntime.createSession(encodeModel(graph), {
      state: Object.fromEntries(state.map(({ input, output, initial }) => [input, { output, initial }])),
    })
    const { input, shape } = JSON.parse(readFileSync(new URL('expected.json', folder), 'utf8'))
    const losses: number[] = []
    for (let i = 1; i <= 6; i++) {
      const { loss } = await session.run({
        [source.inputs[0]!.name]: tensor('float32', input, shape),
        labels: tensor('int64', labels),
        learning_rate: tensor('float32', [0.05], []),
        step: tensor('float32', [i], []),
      })
      losses.push(Number(loss!.data[0]))
    }
    await session.close()
    for (const [i, loss] of losses.entries()) assert.ok(i === 0 || loss < losses[i - 1]!, `losses ${losses}`)
    assert.ok(losses[5]! < 0.8 * losses[0]!, `losses ${losses}`)
  })
