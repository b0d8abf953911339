import assert from 'node:assert/strict'
import { cp } from 'node:fs/promises'
import { test } from 'node:test'
import { readImageFolder, splitPerClass } from '../data/index.js'
import { loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { drawPictures, start, temporaryFolder, writeTinyModel } from '../testing/command-line.js'
import { parseSafetensors } from '../weights/index.js'
import { type EpochMetrics, hasCheckpoint, loadCheckpoint } from './checkpoint.js'
import type { Recipe } from './recipe.js'
import { defaultRecipe } from './recipes.js'
import { train } from './trainer.js'
import { Interrupted, type TrainerOptions } from './trainer-options.js'

const folder = await temporaryFolder('trainer')
await drawPictures(`${folder}/pics`, ['blue', 'green', 'red'], 7)
// With dropout, so that the masks have to be the same after a run is taken up again.
await writeTinyModel(`${folder}/tiny`, { dropout: 0.1 })
const { classes, samples } = await readImageFolder(nodeFiles, `${folder}/pics`)
const split = splitPerClass(classes, samples, 0.2, 0)
const recipe: Recipe = { ...defaultRecipe, epochs: 3, batchSize: 4, learningRate: 0.01, warmupSteps: 2 }
/** 18 training pictures. */
const batches = 4

/** Trains the small model in a folder and gives its weights. */
async function weightsAfter(output: string, options: Partial<TrainerOptions> = {}): Promise<Float32Array[]> {
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/${output}` }
  const { history } = await train({ ...environment, ...split, recipe, ...options })
  assert.equal(history.length, recipe.epochs)
  return [...model.vit.parameters.values()].map(({ data }) => data)
}

const whole = await weightsAfter('whole')

test('the same recipe gives the same bits, and another seed others', async () => {
  assert.deepEqual(await weightsAfter('again'), whole)
  assert.notDeepEqual(await weightsAfter('seed', { recipe: { ...recipe, seed: 1 } }), whole)
})

/** What stops a run after a step. */
function stopAfter(epoch: number, batch: number): Pick<TrainerOptions, 'signal' | 'onStep'> {
  const controller = new AbortController()
  const onStep: TrainerOptions['onStep'] = (step) => {
    if (step.epoch === epoch && step.batch === batch) controller.abort()
  }
  return { signal: controller.signal, onStep }
}

for (const [place, epoch, batch] of [
  ['after the first step', 1, 1],
  ['in the middle of an epoch', 2, 3],
  ['between an epoch and its validation', 2, batches],
  ['at the end of the last epoch', 3, batches],
] as const) {
  test(`a run stopped ${place} ends with the same bits when it is taken up again`, async () => {
    const output = `stopped-${epoch}-${batch}`
    await assert.rejects(weightsAfter(output, stopAfter(epoch, batch)), (error) => {
      assert.ok(error instanceof Interrupted)
      assert.equal(error.message, `stopped in epoch ${epoch} after ${batch} of ${batches} batches`)
      return true
    })
    const { progress } = await loadCheckpoint(nodeFiles, `${folder}/${output}`)
    assert.deepEqual([progress.epoch, progress.batch], [epoch - 1, batch])
    assert.deepEqual(await weightsAfter(output, { resume: true }), whole)
  })
}

test('a run stopped during validation need not train that epoch again', async () => {
  const controller = new AbortController()
  const options = { signal: controller.signal, onEvaluate: () => controller.abort() }
  // Validation has two batches here, and the signal is looked at before each.
  const two = { recipe: { ...recipe, batchSize: 2 } }
  await assert.rejects(weightsAfter('validation', { ...two, ...options }), /stopped in epoch 1 after 9 of 9 batches/)
  const steps: number[] = []
  await weightsAfter('validation', { ...two, resume: true, onStep: ({ epoch }) => steps.push(epoch) })
  assert.deepEqual([...new Set(steps)], [2, 3])
})

test('a run killed in the middle of an epoch goes on from the last checkpoint within it', async () => {
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url).href)
  // A checkpoint after every step; killed when six steps are done, of which the last is not saved yet.
  const script = `
    const { train } = await import(${url('./index.js')})
    const { loadModel } = await import(${url('../pipeline/index.js')})
    const { nodeFiles } = await import(${url('../runtime/node/files.js')})
    const { nodeRuntime } = await import(${url('../runtime/node/runtime.js')})
    const { split, recipe, classes } = JSON.parse(process.argv[1])
    const model = await loadModel(nodeFiles, 'tiny', { labels: classes })
    const onStep = ({ epoch, batch }) => epoch === 2 && batch === 3 && process.kill(process.pid, 'SIGKILL')
    await train({ files: nodeFiles, runtime: nodeRuntime, model, ...split, recipe, output: 'killed', checkpointInterval: 0, onStep })`
  const given = JSON.stringify({ split, recipe, classes })
  const { signal, stderr } = await start(process.execPath, ['--input-type=module', '-e', script, given], folder).ended
  assert.equal(signal, 'SIGKILL', stderr)
  const { progress } = await loadCheckpoint(nodeFiles, `${folder}/killed`)
  assert.deepEqual([progress.epoch, progress.batch], [1, 2])
  assert.deepEqual(await weightsAfter('killed', { resume: true }), whole)
})

test('a finished run can be taken up: it is judged again and stays as it is', async () => {
  await cp(`${folder}/whole`, `${folder}/finished`, { recursive: true })
  const onStep = () => assert.fail('it trained')
  assert.deepEqual(await weightsAfter('finished', { resume: true, onStep }), whole)
})

test('the weights of the best epoch win, whatever came after it', async () => {
  const history: EpochMetrics[] = []
  // So much too fast in the end that the last epochs undo what the first have learned.
  const wild: Recipe = { ...recipe, epochs: 6, learningRate: 3, optimizer: 'sgd', clipNorm: 1e6, warmupSteps: 20 }
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/wild` }
  const result = await train({ ...environment, ...split, recipe: wild, onEpoch: (metrics) => history.push(metrics) })
  const accuracies = history.map(({ validationAccuracy }) => validationAccuracy)
  const best = history[result.bestEpoch - 1]!
  assert.equal(best.validationAccuracy, Math.max(...accuracies))
  assert.equal(result.evaluation.accuracy, best.validationAccuracy)
  assert.ok(result.bestEpoch < 6, `the run should have got worse: ${accuracies}`)
  const saved = parseSafetensors(await nodeFiles.read(`${folder}/wild/checkpoints/best.safetensors`), 'best').tensors
  for (const [name, { data }] of model.vit.parameters) assert.deepEqual(data, saved.get(name)!.data)
})

test('patience ends a run that gets no better, and the last weights are kept', async () => {
  // At a rate of nearly nothing the first epoch stays the best.
  const still: Recipe = { ...recipe, epochs: 9, learningRate: 1e-30, patience: 2, keep: 2 }
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/still` }
  const { history, bestEpoch } = await train({ ...environment, ...split, recipe: still })
  assert.deepEqual([history.length, bestEpoch], [3, 1])
  const kept = (await nodeFiles.list(`${folder}/still/checkpoints`)).map(({ name }) => name)
  assert.deepEqual(kept, ['best.safetensors', 'epoch-0002.safetensors', 'epoch-0003.safetensors', 'last'])
  const again = await train({
    ...environment,
    ...split,
    recipe: still,
    resume: true,
    onStep: () => assert.fail('it trained'),
  })
  assert.deepEqual(again.history, history)
})

test('a checkpoint from before the first step is nothing to resume', async () => {
  await assert.rejects(weightsAfter('none', { onStep: () => assert.fail('enough') }), /enough/)
  const output = `${folder}/none`
  assert.equal((await loadCheckpoint(nodeFiles, output)).progress.batch, 0)
  assert.equal(await hasCheckpoint(nodeFiles, output), false)
  assert.equal(await hasCheckpoint(nodeFiles, `${folder}/whole`), true)
  assert.equal(await hasCheckpoint(nodeFiles, `${folder}/nowhere`), false)
})

test('accumulated batches that the pictures do not fill, and a warm-up without end, are told', async () => {
  await assert.rejects(
    weightsAfter('large', { recipe: { ...recipe, accumulate: 5 } }),
    /18 training pictures do not fill one step of --batch-size 4 times --accumulate 5: choose a smaller --accumulate/,
  )
  const notices: string[] = []
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/warm` }
  const warm: Recipe = { ...recipe, epochs: 1, warmupSteps: 5 }
  await train({ ...environment, ...split, recipe: warm, onNotice: (text) => notices.push(text) })
  assert.deepEqual(notices, [
    'all 4 steps are warm-up, so the learning rate never reaches 0.01: choose fewer --warmup-steps than that',
  ])
})
