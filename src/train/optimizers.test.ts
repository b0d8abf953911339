import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { encodeModel, Graph, ops, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { relativeError } from '../testing/finite-differences.js'
import { adamw, type Optimizer, sgd } from './optimizers.js'
import { compileTrainStep } from './train-step.js'

// Five steps of PyTorch in float64, by tools/make-optimizer-fixture.py.
const fixture = JSON.parse(readFileSync(new URL('../../test/fixtures/optimizers.json', import.meta.url), 'utf8'))

const optimizers: Record<string, { optimizer: Optimizer; clipNorm?: number }> = {
  adamw: { optimizer: adamw({ weightDecay: 0.05 }) },
  'adamw clipped': { optimizer: adamw({ weightDecay: 0.05 }), clipNorm: 1 },
  sgd: { optimizer: sgd({ momentum: 0 }), clipNorm: 1 },
  'sgd momentum': { optimizer: sgd({ momentum: 0.9, weightDecay: 0.01 }), clipNorm: 1 },
}

for (const [name, options] of Object.entries(optimizers))
  test(`five steps of ${name} equal PyTorch`, async () => {
    const source = new Graph()
    const x = source.input('x', 'float32', ['batch', 4])
    const weight = source.initializer('weight', 'float32', [3, 4], Float32Array.from(fixture.weight))
    source.output('y', ops.gemm(x, weight, undefined, { transB: true }))
    const target = tensor('float32', fixture.target, [6, 3])
    const { graph, state } = compileTrainStep(source, {
      ...options,
      batch: 6,
      loss: (y) => ops.sumSquares(ops.sub(y, y.graph.initializer('target', 'float32', [6, 3], target.data))),
    })
    const session = await inlineRuntime.createSession(encodeModel(graph), {
      state: Object.fromEntries(state.map(({ input, output, initial }) => [input, { output, initial }])),
    })
    for (const [i, expected] of fixture.cases[name].entries()) {
      const { loss, grad_norm } = await session.run({
        x: tensor('float32', fixture.x, [6, 4]),
        labels: tensor('int64', [0, 0, 0, 0, 0, 0]),
        learning_rate: tensor('float32', [fixture.rates[i]], []),
        step: tensor('float32', [i + 1], []),
      })
      const { weight } = await session.readState()
      // float32 against float64: a few roundings a step.
      assert.ok(Math.abs(Number(loss!.data[0]) / expected.loss - 1) < 1e-5, `loss of step ${i}`)
      assert.ok(Math.abs(Number(grad_norm!.data[0]) / expected.norm - 1) < 1e-5, `norm of step ${i}`)
      const error = relativeError(weight!.data as Float32Array, expected.weight)
      assert.ok(error < 1e-5, `weights after step ${i}: relative error ${error}`)
    }
    await session.close()
  })
