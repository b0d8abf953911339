import { readFileSync } from 'node:fs'
import { ViT } from '../../dist/nn/index.js'
import { encodeModel, Graph, tensor } from '../../dist/onnx/index.js'
import { nodeRuntime } from '../../dist/runtime/node/runtime.js'
import { adamw, compileTrainStep, crossEntropy, sessionState } from '../../dist/train/index.js'
import { estimateMemory } from '../../dist/train/memory-estimate.js'

/**
 * A process of its own: compiles the training step of a ViT, runs it three times, reads its state, and prints what it was estimated to take
 * and what it took at most. `node step-memory.mjs '{"embedDim": 192, …}' 16`
 */
const [config, batch] = [JSON.parse(process.argv[2]), Number(process.argv[3])]
const vit = new ViT({ ...config, numClasses: 5 })
const step = compileTrainStep(vit.build(new Graph({ training: true }), batch), {
  loss: crossEntropy(),
  optimizer: adamw(),
  batch,
  clipNorm: 1,
})
const session = await nodeRuntime.createSession(encodeModel(step.graph), {
  state: sessionState(step.state),
})
for (let i = 1; i <= 3; i++)
  await session.run({
    pixel_values: {
      dtype: 'float32',
      shape: [batch, 3, 224, 224],
      data: new Float32Array(batch * 3 * 224 * 224).fill(0.1),
    },
    labels: tensor('int64', new Array(batch).fill(1)),
    learning_rate: tensor('float32', [1e-4], []),
    step: tensor('float32', [i], []),
  })
// As a checkpoint does.
await session.readState()
const measured = 1024 * Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1])
console.log(JSON.stringify({ estimated: estimateMemory(step).total, measured }))
await session.close()
