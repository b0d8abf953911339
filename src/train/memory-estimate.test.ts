import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UserError } from '../errors.js'
import { ViT } from '../nn/index.js'
import { Graph, ops } from '../onnx/index.js'
import { crossEntropy } from './losses/index.js'
import { estimateMemory, type MemoryEstimate, requireMemory, roomForPictures } from './memory-estimate.js'
import { adamw } from './optimizers/index.js'
import { compileTrainStep, type TrainStep } from './train-step.js'

/** A step that learns nothing, whose graph is to be looked at. */
function stepOf(emit: (graph: Graph) => void): TrainStep {
  const graph = new Graph()
  emit(graph)
  return { graph, parameters: new Map(), state: [], gradients: new Set() } as unknown as TrainStep
}

/** Activations in bytes, without what is added for fragmentation. */
const activationsOf = (step: TrainStep) => Math.round(estimateMemory(step).activations / 1.2)

test('results count from where they are computed to where they are last needed', () => {
  const chain = stepOf((graph) => {
    let x = graph.input('x', 'float32', [1000])
    for (let i = 0; i < 5; i++) x = ops.relu(x)
    graph.output('y', x)
  })
  assert.equal(activationsOf(chain), 8000, 'one is read while the next is written')
  const kept = stepOf((graph) => {
    const x = graph.input('x', 'float32', [1000])
    const a = ops.relu(x)
    const b = ops.relu(a)
    const c = ops.relu(b)
    graph.output('y', ops.add(ops.mul(c, b), a))
  })
  assert.equal(activationsOf(kept), 16000, 'a, b and c are there when the product is made')
})

test('a view takes nothing, and keeps alive what it looks at', () => {
  const step = stepOf((graph) => {
    const a = ops.relu(graph.input('x', 'float32', [1000]))
    const view = ops.reshape(a, [10, 100])
    const b = ops.relu(a)
    const c = ops.relu(ops.relu(b))
    graph.output('y', ops.add(view, ops.reshape(c, [10, 100])))
  })
  assert.equal(activationsOf(step), 12000)
})

const config = { imageSize: 64, patchSize: 8, embedDim: 64, depth: 4, numHeads: 4, numClasses: 10 }
const compile = (batch: number, trainable: (name: string) => boolean = () => true) =>
  compileTrainStep(new ViT(config).build(new Graph({ training: true })), {
    loss: crossEntropy(),
    optimizer: adamw(),
    batch,
    clipNorm: 1,
    trainable,
  })

test('state counts parameters and slots, activations grow with the batch, and frozen parts take less', () => {
  const bytes = 4 * new ViT(config).parameterCount
  const [small, large] = [estimateMemory(compile(2)), estimateMemory(compile(16))]
  assert.deepEqual([small.batch, large.batch], [2, 16])
  assert.equal(small.gradients, bytes)
  // Behind clipping each value is written over the old one; the copy is a checkpoint's.
  assert.ok(Math.abs(small.state / (2 * 3 * bytes) - 1) < 0.01)
  const growth = large.activations / small.activations
  assert.ok(growth > 6 && growth < 8.5, `${growth}`)
  assert.equal(large.input, 2 * (16 * 3 * 64 * 64 * 4 + 16 * 8 + 8))
  const frozen = estimateMemory(compile(16, (name) => name.startsWith('head.')))
  assert.equal(frozen.gradients, 4 * (64 * 10 + 10))
  assert.ok(frozen.activations < large.activations / 4)
})

test('what does not fit is refused with a batch size that does', () => {
  const estimate = estimateMemory(compile(16))
  requireMemory(estimate, estimate.total)
  const message = (available: number) => {
    try {
      requireMemory(estimate, available)
    } catch (error) {
      assert.ok(error instanceof UserError)
      return error.message
    }
    return assert.fail('it should not fit')
  }
  const perSample = (estimate.activations + estimate.input) / 16
  assert.match(
    message(estimate.total - 5.5 * perSample),
    /of 16 needs about 0\.\d GB.*: try --checkpointing, or .*at most 10$/,
  )
  const fitting = estimateMemory(compile(10))
  requireMemory(fitting, estimate.total - 5.5 * perSample)
  assert.match(message(1e6), /choose a smaller model$/)
  assert.throws(() => requireMemory(estimate, 1e6, { checkpointing: true }), /are free: choose a smaller model$/)
})

test('decoded pictures get what is wanted, but no more than half of what the step leaves', () => {
  const estimate = { total: 3e9 } as MemoryEstimate
  assert.equal(roomForPictures(estimate, 10e9, 2e9), 2e9)
  assert.equal(roomForPictures(estimate, 4e9, 2e9), 0.5e9)
  assert.equal(roomForPictures(estimate, 2e9, 2e9), 0)
  assert.equal(roomForPictures(estimate, Number.POSITIVE_INFINITY, 2e9), 2e9)
})
