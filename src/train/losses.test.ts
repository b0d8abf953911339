import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Graph, tensor } from '../onnx/index.js'
import { runGraph } from '../testing/run-graph.js'
import { classes, classifierErrors, fixture, linearClassifier, type Outcome, samples } from '../testing/ten-steps.js'
import { binaryCrossEntropy, crossEntropy, focal, type Loss } from './losses/index.js'
import { mixTargets } from './mixing.js'
import { sgd } from './optimizers/index.js'
import { compileTrainStep, type GradientOptions } from './train-step.js'

const classWeights = Array.from({ length: classes }, (_, i) => (1 + (i % 5)) / 4)

/** The loss on shares of classes: of the labels in both orders, as mixup has them. */
const onShares =
  (loss: Loss): Loss =>
  (logits, labels) => {
    const { graph } = logits
    const permutation = graph.constant('int64', [7, 6, 5, 4, 3, 2, 1, 0])
    return loss(logits, mixTargets(labels, classes, { permutation, lambda: graph.constant('float32', fixture.lambda) }))
  }

const smooth = { labelSmoothing: 0.1 }
const weighted = { classWeights }
// In float64: PyTorch's CrossEntropyLoss, timm's SoftTargetCrossEntropy, BinaryCrossEntropy, LogitDistillationTask and
// TokenDistillationTask, and the focal loss written out in PyTorch, by tools/make-optimizer-fixture.py.
const losses: Record<string, Pick<GradientOptions, 'loss' | 'teacher'>> = {
  'cross-entropy': { loss: crossEntropy(smooth) },
  'cross-entropy weighted': { loss: crossEntropy(weighted) },
  'cross-entropy weighted smooth': { loss: crossEntropy({ ...weighted, ...smooth }) },
  'cross-entropy shares': { loss: onShares(crossEntropy(smooth)) },
  'cross-entropy shares timm': { loss: onShares(crossEntropy(smooth)) },
  'cross-entropy shares weighted': { loss: onShares(crossEntropy({ ...weighted, ...smooth })) },
  binary: { loss: binaryCrossEntropy(smooth) },
  'binary threshold': { loss: onShares(binaryCrossEntropy({ targetThreshold: 0.2 })) },
  'binary shares': { loss: onShares(binaryCrossEntropy(smooth)) },
  'binary weighted': { loss: binaryCrossEntropy(weighted) },
  focal: { loss: focal() },
  'focal weighted': { loss: focal(weighted) },
  'logits soft': { loss: crossEntropy(smooth), teacher: { type: 'soft', alpha: 0.3, temperature: 3 } },
  'token soft': { loss: crossEntropy(smooth), teacher: { type: 'soft', alpha: 0.3, temperature: 3 } },
  'token hard': { loss: crossEntropy(smooth), teacher: { type: 'hard', alpha: 0.3 } },
}

test('every loss of the fixture is tested', () => {
  assert.deepEqual(Object.keys(losses), Object.keys(fixture.losses))
})

for (const [name, options] of Object.entries(losses))
  test(`ten steps with the loss ${name} equal the original`, async () => {
    const teacher = () => ({ teacher_logits: tensor('float32', fixture.teacher, [samples, classes]) })
    const { losses, norms, parameters } = await classifierErrors(
      fixture.losses[name] as Outcome,
      { ...options, optimizer: sgd() },
      options.teacher && teacher,
    )
    assert.equal(losses.length, 10)
    for (const [i, error] of losses.entries()) assert.ok(error < 1e-5, `loss of step ${i}: relative error ${error}`)
    for (const [i, error] of norms.entries()) assert.ok(error < 1e-5, `norm of step ${i}: relative error ${error}`)
    for (const [parameter, error] of parameters) assert.ok(error < 1e-5, `${parameter}: relative error ${error}`)
  })

test('the focal loss without focus is cross-entropy, gradients and all', async () => {
  const plain = fixture.losses['cross-entropy'] as Outcome
  const { losses, parameters } = await classifierErrors(plain, {
    loss: focal({ gamma: 0, ...smooth }),
    optimizer: sgd(),
  })
  for (const error of [...losses, ...parameters.values()]) assert.ok(error < 1e-5, `relative error ${error}`)
})

test('class weights have to be as many as the classes', () => {
  const loss = crossEntropy({ classWeights: [1, 2] })
  assert.throws(
    () => compileTrainStep(linearClassifier(), { loss, optimizer: sgd(), batch: 2 }),
    /2 class weights, and the model has 17 classes/,
  )
})

test('binary cross-entropy stays finite where the exponential overflows', async () => {
  const graph = new Graph()
  const logits = graph.initializer('logits', 'float32', [1, 2], Float32Array.of(200, -300))
  graph.output('loss', binaryCrossEntropy()(logits, graph.input('labels', 'int64', [1])))
  const { loss } = await runGraph(graph, { labels: tensor('int64', [1]) })
  assert.equal(loss!.data[0], (200 + 300) / 2)
})
