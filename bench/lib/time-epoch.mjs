import { readImageFolder } from '../../dist/data/index.js'
import { workerLoader } from '../../dist/data/node/index.js'
import { defaultPreprocessor } from '../../dist/image/index.js'
import { ViT } from '../../dist/nn/index.js'
import { encodeModel, Graph, tensor } from '../../dist/onnx/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { nodeRuntime } from '../../dist/runtime/node/runtime.js'
import { adamw, compileTrainStep, crossEntropy, sessionState } from '../../dist/train/index.js'

/**
 * Times an epoch of training ViT-Ti on a folder of pictures, from its first batch on, and steps alone: prints {"epoch": seconds, "step": median}, as
 * tools/time-pytorch-epoch.py does. `node time-epoch.mjs FOLDER PICTURES BATCH`
 */
const [folder, ...numbers] = process.argv.slice(2)
const [pictures, batch] = numbers.map(Number)
const { classes, samples } = await readImageFolder(nodeFiles, folder)
const subset = Array.from({ length: pictures }, (_, i) => samples[Math.floor((i * samples.length) / pictures)])
const vit = new ViT({ embedDim: 192, numHeads: 3, numClasses: classes.length })
const { graph, state } = compileTrainStep(vit.build(new Graph({ training: true }), batch), {
  loss: crossEntropy({ labelSmoothing: 0.1 }),
  optimizer: adamw({ weightDecay: 0.05 }),
  batch,
  clipNorm: 1,
})
const session = await nodeRuntime.createSession(encodeModel(graph), {
  state: sessionState(state),
})

let count = 0
const step = (pixels, labels) =>
  session.run({
    pixel_values: pixels,
    labels,
    learning_rate: tensor('float32', [1e-4], []),
    step: tensor('float32', [++count], []),
  })

/** A copy, since sessions take over what they are given. */
const copyOf = (tensor) => ({ ...tensor, data: tensor.data.slice() })

// The first allocates what the others use again.
await step(
  tensor('float32', new Array(batch * 3 * 224 * 224).fill(0), [batch, 3, 224, 224]),
  tensor('int64', new Array(batch).fill(0)),
)
const loader = workerLoader({ ...defaultPreprocessor(224), resample: 'bilinear' }, batch, { workers: 1 })
let started
let first
for await (const { pixels, labels } of loader.training(subset, { seed: 0, epoch: 0 })) {
  first ??= { pixels: copyOf(pixels), labels: copyOf(labels) }
  started ??= performance.now()
  await step(pixels, labels)
}
const epoch = (performance.now() - started) / 1000
await loader.close()

const steps = []
for (let i = 0; i < 5; i++) {
  const [pixels, labels] = [copyOf(first.pixels), copyOf(first.labels)]
  const from = performance.now()
  await step(pixels, labels)
  steps.push((performance.now() - from) / 1000)
}
console.log(JSON.stringify({ epoch, step: steps.sort((a, b) => a - b)[steps.length >> 1] }))
await session.close()
