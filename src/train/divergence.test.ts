import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Batch, BatchLoader, readImageFolder, splitPerClass } from '../data/index.js'
import { Preprocessor } from '../image/index.js'
import { loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { drawPictures, temporaryFolder, writeTinyModel } from '../testing/command-line.js'
import { DivergenceWatch } from './divergence.js'
import type { Recipe } from './recipe.js'
import { recipes } from './recipes.js'
import { train } from './trainer.js'
import type { TrainerOptions } from './trainer-options.js'

const recipe: Recipe = { ...recipes.finetune, learningRate: 0.1, warmupSteps: 20, clipNorm: 0 }
const none = async () => []

interface Course {
  recipe?: Recipe
  losses: readonly number[]
  norms?: readonly number[]
  rate?: (done: number) => number
  bad?: readonly string[]
}

/** What the watch says to a run, and after how many steps. */
async function watch({ recipe: own = recipe, losses, norms = [], rate = () => 0.1, bad = [] }: Course) {
  const watch = new DivergenceWatch(own, 5)
  for (const [done, loss] of losses.entries()) {
    const step = { loss, gradientNorm: norms[done] ?? 1, correct: 0, done, epoch: 1, learningRate: rate(done) }
    try {
      await watch.observe(step, async () => [...bad])
    } catch (error) {
      return { steps: done + 1, message: (error as Error).message }
    }
  }
  return { steps: losses.length, message: '' }
}

const after = (count: number, ...last: number[]) => [...Array<number>(count).fill(1.6), ...last]
const rising = (done: number) => (0.1 * (done + 1)) / 20

test('a loss that is no number is told with its step, and its cause is told from what is known', async () => {
  const cases: [course: Course, message: string][] = [
    [
      { losses: after(4, Number.NaN), norms: [1, 20, 400, 8000], rate: rising },
      'the loss is NaN at step 5 (epoch 1): the norm of the gradients grew from 1 to 8000 in the 4 steps before, during warm-up, at a learning rate of 0.025 on its way to 0.1, and nothing limited them, so start anew with --clip-norm 1, or a --lr below 0.025, and another --output',
    ],
    [
      { losses: after(30, Number.POSITIVE_INFINITY), recipe: { ...recipe, clipNorm: 1 } },
      'the loss is Infinity at step 31 (epoch 1): the norm of the gradients was at most 1 in the 10 steps before, at the highest learning rate, 0.1, so start anew with a --lr below 0.1, and another --output',
    ],
    [
      { losses: after(40), norms: [...Array(39).fill(3), Number.NaN], rate: () => 0.01 },
      'the norm of the gradients is NaN at step 40 (epoch 1): the norm of the gradients was at most 3 in the 10 steps before, at a learning rate of 0.01, after the highest of 0.1, and nothing limited them, so start anew with --clip-norm 1, or a --lr below 0.1, and another --output',
    ],
    [
      { losses: [Number.NaN] },
      'the loss is NaN at step 1 (epoch 1): weights and pixels are finite before it, so the numbers grow too large within the model itself, and another --model is needed',
    ],
    [
      { losses: after(2, Number.NaN), bad: ['a/b.jpg', 'a/c.jpg'] },
      'the loss is NaN at step 3 (epoch 1): the pixels of a/b.jpg and 1 more of its pictures are not finite, so check mean and deviation in the preprocessor_config.json of --model, or leave the pictures out',
    ],
  ]
  for (const [course, message] of cases) assert.equal((await watch(course)).message, message)
})

test('a loss that stays far above that of guessing ends the run', async () => {
  // ln 5 is 1.61, and three times that 4.83.
  const { steps, message } = await watch({ losses: after(60, ...Array(400).fill(9)) })
  assert.match(
    message,
    /^the loss has diverged at step \d+ \(epoch 1\), a mean of \d\.\d\d and 50 steps above 3 times 1\.61,/,
  )
  assert.match(message, /at the highest learning rate, 0\.1/)
  assert.ok(steps > 60 + 50 && steps < 60 + 150, `${steps}`)
})

test('what may go well yet is let go on', async () => {
  const courses: readonly number[][] = [
    // High from the start, as a loss that sums over many classes, and never higher.
    Array(400).fill(40),
    // A peak of 60 steps, as at the end of a warm-up.
    [...after(60), ...Array(60).fill(7), ...after(300)],
    // High, but not thrice ln 5.
    [...after(60), ...Array(400).fill(4.7)],
    // A start that is high only for the first steps.
    [...Array(30).fill(50), ...after(400)],
  ]
  for (const losses of courses) assert.deepEqual(await watch({ losses }), { steps: losses.length, message: '' })
})

test('a validation loss that is no number names its epoch', async () => {
  const watch = new DivergenceWatch(recipe, 5)
  await watch.observe({ loss: 1, gradientNorm: 2, correct: 0, done: 0, epoch: 1, learningRate: 0.1 }, none)
  assert.throws(
    () => watch.requireFinite(Number.NaN, { done: 0, epoch: 1, learningRate: 0.1 }),
    /loss on the validation pictures is NaN after epoch 1: the norm of the gradients was 2 in the step before/,
  )
})

const folder = await temporaryFolder('divergence')
await drawPictures(`${folder}/pics`, ['blue', 'green', 'red'], 5)
await writeTinyModel(`${folder}/tiny`)
const { classes, samples } = await readImageFolder(nodeFiles, `${folder}/pics`)

async function run(output: string, changes: Partial<TrainerOptions> = {}): Promise<void> {
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const split = splitPerClass(classes, samples, 0.2, 0)
  const small: Recipe = { ...recipes.finetune, epochs: 1, batchSize: 4, warmupSteps: 0 }
  const environment = { files: nodeFiles, runtime: inlineRuntime, model, output: `${folder}/${output}` }
  await train({ ...environment, ...split, recipe: small, ...changes })
}

/** Batches of which the second has a picture with a pixel that is no number. */
class BrokenLoader extends BatchLoader {
  override async *training(...args: Parameters<BatchLoader['training']>): AsyncGenerator<Batch> {
    let place = args[1].startBatch ?? 0
    for await (const batch of super.training(...args)) {
      const values = batch.pixels.data as Float32Array
      if (place++ === 1) values[(2 * values.length) / 4 + 7] = Number.NaN
      yield batch
    }
  }
}

test('a picture whose pixels are no numbers is named', async () => {
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  const preprocessor = new Preprocessor(inlineRuntime, model.preprocessor)
  const loader = new BrokenLoader(nodeFiles, preprocessor, 4)
  const seen: string[] = []
  for await (const batch of loader.training(splitPerClass(classes, samples, 0.2, 0).train, { seed: 0, epoch: 0 }))
    seen.push(batch.samples[2]!.path)
  await assert.rejects(
    run('pixels', { loader }),
    new RegExp(`at step 2 \\(epoch 1\\): the pixels of ${seen[1]} are not finite, so check mean`),
  )
  await preprocessor.close()
})

test('weights that are no numbers are named before the first step', async () => {
  const model = await loadModel(nodeFiles, `${folder}/tiny`, { labels: classes })
  model.vit.parameters.get('blocks.1.mlp.fc1.weight')!.data[5] = Number.POSITIVE_INFINITY
  const onStep = () => assert.fail('it trained')
  await assert.rejects(
    run('weights', { model, onStep }),
    /the weights blocks\.1\.mlp\.fc1\.weight of the model are not/,
  )
  const frozen: Recipe = { ...recipes.finetune, epochs: 1, batchSize: 4, freeze: 'backbone' }
  await assert.rejects(run('frozen', { model, recipe: frozen, onStep }), /blocks\.1\.mlp\.fc1\.weight of the model/)
})
