import { readFileSync } from 'node:fs'
import { ViT } from '../../dist/nn/index.js'
import { encodeModel, Graph } from '../../dist/onnx/index.js'
import { createNodeSession } from '../../dist/runtime/node/session.js'
import { adamw, compileTrainStep, crossEntropy, sessionState } from '../../dist/train/index.js'
import { sinePixels } from './pixels.mjs'

/**
 * Times training steps of a ViT: `node time-step.mjs EMBED HEADS BATCH STEPS [--checkpointing]` prints
 * {"seconds": median of a step, "bytes": VmHWM}, as tools/time-pytorch-step.py does, and what of the bytes are not
 * activations: "gradients", and as "rest" the process with weights and optimizer state.
 */
const [embedDim, numHeads, batch, steps] = process.argv.slice(2, 6).map(Number)
const checkpointing = process.argv[6] === '--checkpointing'
const vit = new ViT({ embedDim, numHeads, depth: 12, numClasses: 5 })
const { graph, state, parameters } = compileTrainStep(vit.build(new Graph({ training: true }), batch), {
  loss: crossEntropy({ labelSmoothing: 0.1 }),
  optimizer: adamw(),
  batch,
  clipNorm: 1,
  checkpointing,
})
const session = await createNodeSession(encodeModel(graph), {
  state: sessionState(state),
})
/** A line of the kernel's account of this process, in bytes. */
const memory = (name) =>
  1024 * Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))[1])
const sizeOf = (entries) => [...entries].reduce((sum, { initial }) => sum + initial.data.byteLength, 0)
const gradients = sizeOf(parameters.values())
// The optimizer's state is all zeros, and takes no memory before it is written.
const rest = memory('VmRSS') + sizeOf(state) - gradients
const scalar = (value) => ({ dtype: 'float32', shape: [], data: Float32Array.of(value) })
const times = []
for (let step = 1; step <= steps + 2; step++) {
  const feeds = {
    pixel_values: sinePixels([batch, 3, 224, 224]),
    labels: { dtype: 'int64', shape: [batch], data: BigInt64Array.from({ length: batch }, (_, i) => BigInt(i % 5)) },
    learning_rate: scalar(1e-4),
    step: scalar(step),
  }
  const started = performance.now()
  await session.run(feeds)
  // The first two allocate what the others use again.
  if (step > 2) times.push((performance.now() - started) / 1000)
}
const seconds = times.sort((a, b) => a - b)[times.length >> 1]
console.log(JSON.stringify({ seconds, bytes: memory('VmHWM'), gradients, rest }))
