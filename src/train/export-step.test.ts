import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ViT } from '../nn/index.js'
import { encodeModel, Graph, tensor } from '../onnx/index.js'
import type { Tensors } from '../runtime/session.js'
import { relativeError } from '../testing/finite-differences.js'
import { runGraph } from '../testing/run-graph.js'
import { temporaryFolder } from '../testing/temporary-folder.js'
import { openStep, scalar } from '../testing/ten-steps.js'
import { type ExportedGraph, exportTrainingStep } from './export-step.js'
import { crossEntropy } from './losses/index.js'
import { adafactor, adamw, type Optimizer } from './optimizers/index.js'
import { compileTrainStep } from './train-step.js'

const batch = 4
const model = () =>
  new ViT({ imageSize: 16, patchSize: 8, embedDim: 24, depth: 1, numHeads: 2, numClasses: 2, dropout: 0.1 }, 5)
const training = () => model().build(new Graph({ training: true }), batch)
const recipe = (optimizer: Optimizer) => ({ loss: crossEntropy(), optimizer, batch, clipNorm: 1, ema: { decay: 0.9 } })
const feeds = (step: number): Tensors => ({
  pixel_values: tensor(
    'float32',
    Array.from({ length: batch * 768 }, (_, i) => Math.sin(i * step)),
    [batch, 3, 16, 16],
  ),
  labels: tensor('int64', [0, 1, 1, 0]),
  learning_rate: scalar(1e-2),
  step: scalar(step),
  seed: tensor('int64', [step], []),
})

/** Runs an exported graph as its manifest says: each output goes to the input that it feeds. */
async function follow(
  { graphs, manifest }: ReturnType<typeof exportTrainingStep>,
  name: ExportedGraph,
  values: Tensors,
) {
  const { inputs, outputs } = manifest.graphs[name]
  const results = await runGraph(graphs[name], Object.fromEntries(inputs.map(({ name }) => [name, values[name]!])))
  return Object.fromEntries(outputs.map(({ name, feeds }) => [feeds ?? name, results[name]!]))
}

for (const [name, optimizer] of Object.entries({ adamw: adamw(), adafactor: adafactor() }))
  test(`whoever follows the manifest trains as the session does: ${name}`, async () => {
    const exported = exportTrainingStep(training(), model().build(new Graph()), recipe(optimizer))
    const session = await openStep(compileTrainStep(training(), recipe(optimizer)))
    let whole: Tensors = await follow(exported, 'initial-state', {})
    let halves = whole
    for (const step of [1, 2]) {
      const { loss } = await session.run(feeds(step))
      whole = { ...whole, ...(await follow(exported, 'training-step', { ...whole, ...feeds(step) })) }
      assert.equal(whole.loss!.data[0], loss!.data[0])
      const zeros = Object.fromEntries(
        exported.manifest.graphs['update-step'].inputs
          .filter(({ name }) => name.endsWith('.grad'))
          .map(({ name, shape }) => {
            const sizes = shape as number[]
            return [name, tensor('float32', Array(sizes.reduce((a, b) => a * b, 1)).fill(0), sizes)]
          }),
      )
      const gradients = await follow(exported, 'gradient-step', { ...halves, ...zeros, ...feeds(step) })
      const scale = { gradient_scale: scalar(1) }
      const next = await follow(exported, 'update-step', { ...halves, ...gradients, ...feeds(step), ...scale })
      halves = { ...halves, ...next }
    }
    const expected = await session.readState()
    await session.close()
    for (const [name, { data }] of Object.entries(expected)) {
      assert.deepEqual(whole[name]!.data, data, name)
      assert.deepEqual(halves[name]!.data, data, `${name}, in two halves`)
    }
    const pixel_values = tensor('float32', Array(768).fill(0.5), [1, 3, 16, 16])
    const { logits } = await follow(exported, 'predict', { ...whole, pixel_values })
    const learned = model()
    learned.loadStateDict(
      new Map([...learned.parameters.keys()].map((name) => [name, { ...expected[name]!, dtype: 'float32' as const }])),
    )
    const direct = await runGraph(learned.build(new Graph()), { pixel_values })
    // Constant weights are packed for the product, which rounds otherwise.
    assert.ok(relativeError(logits!.data as Float32Array, direct.logits!.data as Float32Array) < 1e-5)
  })

test('the manifest is JSON, and explains everything that is not state', () => {
  const { manifest, graphs } = exportTrainingStep(training(), model().build(new Graph()), recipe(adamw()))
  assert.deepEqual(JSON.parse(JSON.stringify(manifest)), manifest)
  assert.equal(manifest.batch, batch)
  const { 'training-step': whole, 'gradient-step': half } = manifest.graphs
  const state = new Set([...whole.outputs, ...half.outputs].flatMap(({ feeds }) => feeds ?? []))
  for (const [name, { file, inputs, outputs }] of Object.entries(manifest.graphs)) {
    assert.equal(file, `${name}.onnx`)
    const graph = graphs[name as ExportedGraph]
    assert.deepEqual(
      inputs.map(({ name }) => name),
      graph.inputs.map(({ name }) => name),
    )
    for (const port of [...inputs, ...outputs])
      assert.ok(port.meaning || port.feeds || state.has(port.name), `${port.name} of ${name} is not explained`)
  }
})

test('the example for Node trains with nothing but the runtime', async () => {
  const folder = await temporaryFolder('training-step')
  const model = new ViT({ imageSize: 32, patchSize: 8, embedDim: 48, depth: 2, numHeads: 3, numClasses: 2 }, 5)
  const source = model.build(new Graph({ training: true }), 16)
  const options = { loss: crossEntropy(), optimizer: adamw(), batch: 16 }
  const { manifest, graphs } = exportTrainingStep(source, model.build(new Graph()), options)
  writeFileSync(`${folder}/manifest.json`, JSON.stringify(manifest))
  for (const [name, graph] of Object.entries(graphs)) writeFileSync(`${folder}/${name}.onnx`, encodeModel(graph))
  const example = fileURLToPath(new URL('../../examples/train-step.mjs', import.meta.url))
  const printed = execFileSync(process.execPath, [example, folder], { encoding: 'utf8' })
  const losses = [...printed.matchAll(/loss ([\d.]+)/g)].map(([, loss]) => Number(loss))
  assert.equal(losses.length, 3)
  // Noise, brighter for one class than for the other: it is learned long before the end.
  assert.ok(losses[2]! < 0.2, printed)
  assert.match(printed, /new pictures: 1\d of 16 right/)
})
