import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readImageFolder, splitPerClass } from '../data/index.js'
import { loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { drawPictures, temporaryFolder, writeTinyModel } from '../testing/command-line.js'
import type { Recipe } from './recipe.js'
import { scheduleOf } from './recipe-parts.js'
import { recipes } from './recipes.js'
import { train } from './trainer.js'

const folder = await temporaryFolder('recipes')
await drawPictures(`${folder}/pics`, ['blue', 'green', 'red'], 9)
await writeTinyModel(`${folder}/tiny`)
const { classes, samples } = await readImageFolder(nodeFiles, `${folder}/pics`)
const split = splitPerClass(classes, samples, 0.2, 0)

/** Trains the small model for three epochs of a few steps, and gives it and what it was. */
async function trained(name: string, changes: Partial<Recipe>) {
  const load = () => loadModel(nodeFiles, `${folder}/tiny`, { labels: classes, config: { dropPath: 0 } })
  const [before, model] = [await load(), await load()]
  const recipe = { ...recipes.simple, epochs: 3, batchSize: 4, learningRate: 3e-3, warmupSteps: 2, ...changes }
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/${name}` }
  const { history } = await train({ ...environment, ...split, recipe })
  const changed = [...model.vit.parameters].filter(
    ([key, { data }]) => data.join() !== before.vit.parameters.get(key)!.data.join(),
  )
  return { history, model, changed: changed.map(([key]) => key) }
}

const learns: Record<string, Partial<Recipe>> = {
  'SGD with Nesterov': { optimizer: 'sgd', nesterov: true, learningRate: 0.03 },
  LAMB: { optimizer: 'lamb', learningRate: 0.02 },
  Lion: { optimizer: 'lion', learningRate: 1e-3 },
  Adafactor: { optimizer: 'adafactor' },
  'layer decay': { layerDecay: 0.75 },
  'a linear schedule': { schedule: 'linear' },
  'one cycle': { schedule: 'one-cycle', learningRate: 1e-2 },
  'binary cross-entropy': { loss: 'bce', learningRate: 1e-2 },
  'focal loss, balanced': { loss: 'focal', balanced: true },
  'averaged weights': { ema: 0.9 },
  accumulation: { batchSize: 2, accumulate: 2 },
  checkpointing: { checkpointing: true, dropPath: 0.1 },
  mixing: { mixup: 0.8, cutmix: 1, learningRate: 5e-3 },
  'three-augment, erasing': { augment: 'three', colourJitter: 0.1, erasing: 0.25 },
  'RandAugment, repeated': { augment: 'rand-m5-mstd0.5-inc1', repeats: 2 },
}

for (const [name, changes] of Object.entries(learns))
  test(`${name}: the validation loss falls`, async () => {
    const { history, changed, model } = await trained(name.replaceAll(' ', '-'), changes)
    const losses = history.map(({ validationLoss }) => validationLoss)
    // A new head at zero has the loss ln 3 before it learns.
    assert.ok(Math.min(...losses) < Math.log(3) - 0.02, `${losses}`)
    assert.equal(changed.length, model.vit.parameters.size, 'everything learns')
  })

test('a frozen backbone keeps every bit, and the head learns', async () => {
  const { changed } = await trained('frozen', { freeze: 'backbone', learningRate: 0.03 })
  assert.deepEqual(changed.sort(), ['head.bias', 'head.weight'])
})

test('only the last layer and what comes after it learns where that is asked for', async () => {
  const { changed } = await trained('last', { unfreezeLast: 1 })
  assert.ok(changed.every((key) => /^(blocks\.1|norm|head)\./.test(key)))
  assert.ok(changed.includes('blocks.1.attn.qkv.weight') && changed.includes('norm.weight'))
})

test('LoRA ends as a plain model whose projections have changed', async () => {
  const { changed, model } = await trained('lora', { lora: 2, learningRate: 0.02 })
  assert.deepEqual(
    changed.sort(),
    ['blocks.0', 'blocks.1']
      .flatMap((block) => [`${block}.attn.proj.weight`, `${block}.attn.qkv.weight`])
      .concat('head.bias', 'head.weight'),
  )
  assert.ok([...model.vit.parameters.keys()].every((key) => !key.includes('lora')))
})

test("wzm is the ONNX notes' training, its learning rate by their formula", () => {
  const { epochs, batchSize, optimizer, momentum, weightDecay, freeze, minCrop } = recipes.wzm
  assert.deepEqual([epochs, batchSize, optimizer, momentum, weightDecay], [10, 8, 'sgd', 0.9, 5e-5])
  assert.deepEqual([freeze, minCrop], ['backbone', 0.08])
  const schedule = scheduleOf(recipes.wzm, 7)
  for (let epoch = 0; epoch < 10; epoch++)
    for (const step of [0, 6]) {
      const expected = 0.001 * (((1 + Math.cos((epoch * Math.PI) / 10)) / 2) * (1 - 0.01) + 0.01)
      assert.ok(Math.abs(schedule(7 * epoch + step) - expected) < 1e-12)
    }
})

test("google is Dosovitskiy et al.'s fine-tuning", () => {
  const { batchSize, accumulate, optimizer, momentum, clipNorm, weightDecay } = recipes.google
  assert.deepEqual([batchSize * accumulate, optimizer, momentum, clipNorm, weightDecay], [512, 'sgd', 0.9, 1, 0])
  const schedule = scheduleOf(recipes.google, 100)
  assert.deepEqual([schedule(0), schedule(499), schedule(500)], [0.03 / 500, 0.03, 0.03])
  assert.ok(schedule(750) > 0.0149 && schedule(750) < 0.0151 && schedule(1000) < 1e-9)
})

test('what contradicts itself is one sentence', async () => {
  await assert.rejects(trained('both', { lora: 2, freeze: 'backbone' }), /^UserError: --lora says what learns/)
  await assert.rejects(trained('unknown', { freeze: 'bolcks' }), /^UserError: .*bolcks/)
})
