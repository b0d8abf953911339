import assert from 'node:assert/strict'
import { test } from 'node:test'
import { encodeModel, tensor } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import {
  importedGradients,
  importedInput,
  importedLabels,
  importedModels,
  isFloat,
  readImported,
  skipImported as skip,
} from '../testing/imported-models.js'
import { compileTrainStep, crossEntropy, sessionState, sgd } from '../train/index.js'

/** float32 logits around 1 carry rounding errors of a few 1e-7, which dividing by the step makes 100 times larger. */
const rounding = 1e-4

for (const name of importedModels)
  test(`gradients of ${name} equal central differences`, { skip }, async () => {
    const pairs = await importedGradients(name)
    assert.ok(pairs.length >= 20)
    for (const { element, actual, expected } of pairs) {
      assert.ok(Math.abs(expected) > 100 * rounding, `the gradient of ${element} is too small to compare`)
      const allowed = 5e-3 * Math.max(Math.abs(actual), Math.abs(expected)) + rounding
      assert.ok(Math.abs(actual - expected) < allowed, `${element}: ${actual} is not ${expected}`)
    }
  })

for (const name of importedModels)
  test(`a few training steps on ${name} lower its loss`, { skip }, async () => {
    const source = readImported(name)
    const options = { loss: crossEntropy(), optimizer: sgd(), batch: 2, clipNorm: 1 }
    const { graph, state, parameters } = compileTrainStep(source, options)
    assert.deepEqual(
      new Set(parameters.keys()),
      new Set(
        [...source.initializers.values()].filter((value) => isFloat(value) && value.rank > 0).map(({ name }) => name),
      ),
    )
    const session = await inlineRuntime.createSession(encodeModel(graph), {
      state: sessionState(state),
    })
    const losses: number[] = []
    for (let i = 1; i <= 6; i++) {
      const { loss } = await session.run({
        [source.inputs[0]!.name]: importedInput(),
        labels: tensor('int64', importedLabels),
        learning_rate: tensor('float32', [0.05], []),
        step: tensor('float32', [i], []),
      })
      losses.push(Number(loss!.data[0]))
    }
    await session.close()
    for (const [i, loss] of losses.entries()) assert.ok(i === 0 || loss < losses[i - 1]!, `losses ${losses}`)
    assert.ok(losses[5]! < 0.8 * losses[0]!, `losses ${losses}`)
  })
