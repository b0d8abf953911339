import { execFileSync } from 'node:child_process'
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { drawFlower } from '../../dist/data/drawings.js'
import { readImage } from '../../dist/data/index.js'
import { renderSvg } from '../../dist/image/index.js'
import { Classifier, convertModel, loadModel, saveModel } from '../../dist/pipeline/index.js'
import { Random } from '../../dist/random.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { drawPictures, writeTinyModel } from '../../dist/testing/command-line.js'
import { familyPixels, loadFamily, relativeError } from '../../dist/testing/families.js'
import { missingPackages, runPython } from '../lib/python.mjs'
import { atMost, error, info } from '../lib/rows.mjs'
import { missing, samples, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { vitrine } from '../lib/vitrine.mjs'

const limit = 1e-4
const transformersJs = '@huggingface/transformers@4.3.1'

export const skip = () => missingPackages(['torch', 'timm', 'transformers', 'torchvision', 'safetensors'])

/**
 * What `vitrine train` writes, as it is, in transformers and transformers.js, and after `convert --to timm` in timm; then
 * the real ViT-Ti in transformers.js. The same pixels must give the same logits; how far the pixels are off that each
 * library makes of a picture by itself is shown beside that.
 */
export async function* measure() {
  const work = temporaryFolder()
  const run = `${work}/run`
  await drawPictures(`${work}/pictures`, ['blue', 'green', 'red'])
  await writeTinyModel(`${work}/tiny`)
  const recipe = ['--epochs', '2', '--batch-size', '4', '--lr', '0.01', '--warmup-steps', '2']
  await vitrine(['train', `${work}/pictures`, '--model', `${work}/tiny`, '--output', run, ...recipe])
  await convertModel(nodeFiles, `${work}/timm`, await loadModel(nodeFiles, run), 'timm')

  const photo = `${work}/flower.png`
  writeFileSync(photo, await renderSvg(drawFlower('tulips', new Random('run folder'), 256), 256))
  // At this size the middle of a picture lies between two pixels, and transformers takes the other one.
  const ours = await computed(work, run, photo)
  const tasks = [
    { ...ours.task, library: 'auto', folder: run },
    { ...ours.task, library: 'timm', folder: `${work}/timm` },
  ]
  const [inTransformers, inTimm] = runTasks(work, tasks)
  yield* rows('a run folder in transformers', inTransformers, ours)
  yield* rows('a run folder, converted, in timm', inTimm, ours)
  yield* rows('a run folder in transformers.js', inTransformersJs(work, run, ours.task), ours)

  yield* otherRunFolders(work)

  const reason = missing(weights, samples)
  if (reason) return yield { figure: `skipped: ${reason}`, skipped: true }
  const real = `${work}/vit-ti`
  await convertModel(nodeFiles, real, await loadModel(nodeFiles, weights), 'hf')
  const sample = join(
    samples,
    readdirSync(samples).find((name) => /\.jpe?g$/i.test(name)),
  )
  const expected = await computed(work, weights, sample)
  yield* rows('the real ViT-Ti, converted, in transformers.js', inTransformersJs(work, real, expected.task), expected)
}

/** Run folders of models that timm has and Hugging Face has not: transformers takes them to timm by itself. */
async function* otherRunFolders(work) {
  const tasks = []
  for (const name of ['timm-vit-qk-norm', 'timm-clip', 'timm-siglip-tanh', 'timm-vit-gap']) {
    const { model, shape, expected } = await loadFamily(join('test/fixtures/families', name))
    const folder = join(work, name)
    await saveModel(nodeFiles, folder, model)
    const pixels = `${folder}.f32`
    writeFileSync(pixels, familyPixels(shape).data)
    tasks.push({ title: name, library: 'auto', folder, architecture: '', pixels, shape, expected })
  }
  for (const [i, { output, problem }] of runTasks(work, tasks).entries()) {
    const title = `${tasks[i].title} as a run folder in transformers`
    yield problem
      ? { figure: `${title}: ${problem}`, ok: false }
      : atMost(title, relativeError(output, tasks[i].expected), limit, error)
  }
}

/** What Vitrine makes of a picture: the pixels, the logits, and the task to do the same. */
async function computed(work, folder, photo) {
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, folder)
  const { config } = classifier.preprocessor
  const prepared = await classifier.preprocessor.evaluate(await readImage(nodeFiles, photo))
  const shape = [1, 3, config.crop.height, config.crop.width]
  const { data } = await classifier.logits({ dtype: 'float32', shape, data: prepared })
  await classifier.close()
  const pixels = `${work}/pixels.f32`
  writeFileSync(pixels, prepared)
  return { config, prepared, output: Array.from(data), task: { architecture: '', pixels, shape, photo } }
}

/** What the libraries make of the tasks of tools/converted/load.py. */
function runTasks(work, tasks) {
  writeFileSync(`${work}/tasks.json`, JSON.stringify(tasks))
  return JSON.parse(runPython(['tools/converted/load.py', `${work}/tasks.json`]))
}

function* rows(title, { problem, output, prepared }, ours) {
  if (problem) return yield { figure: `${title}: ${problem}`, ok: false }
  yield atMost(`${title}: logits for the same pixels`, relativeError(output, ours.output), limit, error)
  const byte = ours.config.rescaleFactor / ours.config.std[0]
  const off = Array.from(prepared, (value, i) => Math.abs(value - ours.prepared[i]) / byte)
  const largest = off.reduce((a, b) => Math.max(a, b), 0)
  const average = off.reduce((sum, value) => sum + value, 0) / off.length
  yield info(
    '… its own pixels are off by, in bytes: at most, on average',
    `${largest.toFixed(0)}, ${average.toFixed(2)}`,
  )
}

/** transformers.js, installed for this alone: it is no dependency of ours. */
function inTransformersJs(work, folder, { pixels, shape, photo }) {
  const root = `${work}/javascript`
  try {
    const npm = ['install', '--prefix', root, '--no-audit', '--no-fund', '--ignore-scripts', transformersJs]
    execFileSync('npm', npm, { stdio: 'pipe' })
    const script = ['tools/converted/transformers-js.mjs', root, folder, pixels, shape.join(), photo]
    return JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8', stdio: 'pipe', maxBuffer: 2 ** 28 }))
  } catch (problem) {
    return {
      problem: String(problem.stderr || problem.message)
        .trim()
        .split('\n')
        .at(-1),
    }
  }
}
