import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readImage } from '../../dist/data/index.js'
import { UserError } from '../../dist/errors.js'
import { Preprocessor } from '../../dist/image/index.js'
import { conversionTargets, convertModel, loadModel } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { familyOutputs, familyPixels, loadFamily, relativeError } from '../../dist/testing/families.js'
import { largestDifference } from '../lib/pixels.mjs'
import { missingPackages, runPython } from '../lib/python.mjs'
import { atMost, error, info } from '../lib/rows.mjs'
import { missing, samples, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'

const fixtures = 'test/fixtures/families'
const limit = 1e-4

export const skip = () => missingPackages(['torch', 'timm', 'transformers', 'torchvision', 'safetensors'])

/**
 * Every model of the fixtures, and the real ViT-Ti, converted for every library that has such a model and loaded there:
 * its outputs against those of the library that the model came from.
 */
export async function* measure() {
  const folder = temporaryFolder()
  const tasks = []
  const refused = []
  for (const name of readdirSync(fixtures)) {
    const source = join(fixtures, name)
    const { model, shape, expected } = await loadFamily(source)
    const pixels = `${folder}/${name}.f32`
    writeFileSync(pixels, familyPixels(shape).data)
    for (const library of conversionTargets) {
      const converted = join(folder, name, library)
      const conversion = await orRefusal(convertModel(nodeFiles, converted, model, library))
      if (conversion instanceof UserError) {
        refused.push(`${name} for ${library}`)
        continue
      }
      // timm has no 1e-12, as convert says: there the model as it is with timm's 1e-6 counts.
      const otherEps = conversion.notices.some((notice) => notice.includes('epsilon'))
      const { architecture } = conversion
      const title = `${name} as ${library}'s ${architecture}${otherEps ? ', epsilon 1e-6' : ''}`
      const task = { title, library, folder: converted, architecture, pixels, shape }
      tasks.push({ ...task, expected: otherEps ? await withTimmsEpsilon(source, shape) : expected })
    }
  }
  yield* compared(folder, tasks)
  yield info(`${refused.length} pairs that a library has no model for, refused by name`)
  if (missing(weights, samples)) yield { figure: missing(weights, samples), skipped: true }
  else yield* realModel(folder)
}

async function withTimmsEpsilon(source, shape) {
  const { model } = await loadFamily(source, { layerNormEps: 1e-6 })
  return familyOutputs(model.vit, shape)
}

/** The real ViT-Ti: logits for a photo against timm's for the original folder, and how each library prepares the photo. */
async function* realModel(folder) {
  const model = await loadModel(nodeFiles, weights)
  const photo = join(
    samples,
    readdirSync(samples).find((name) => /\.jpe?g$/i.test(name)),
  )
  const pixels = `${folder}/photo.f32`
  writeFileSync(pixels, await prepare(photo, model.preprocessor))
  const common = { architecture: '', pixels, shape: [1, 3, 224, 224], photo }
  const [original] = await loaded(folder, [{ ...common, library: 'timm', folder: weights }])
  const tasks = []
  for (const library of conversionTargets) {
    const converted = `${folder}/vit-ti-${library}`
    const { architecture } = await convertModel(nodeFiles, converted, model, library)
    const title = `the real ViT-Ti as ${library}'s ${architecture}, a photo`
    tasks.push({ ...common, title, library, folder: converted, architecture, expected: original.output })
  }
  const results = await loaded(folder, tasks)
  yield* rows(tasks, results)
  for (const [i, { library }] of tasks.entries()) {
    const bytes = (values) => Array.from(values, (value) => (value * 0.5 + 0.5) * 255)
    const off = largestDifference(bytes(results[i].prepared ?? []), bytes(original.prepared))
    // transformers resizes with PyTorch, the others with Pillow: they round differently.
    yield atMost(`… how ${library} prepares the photo, in bytes`, off, library === 'hf' ? 2 : 0, error)
  }
}

/** The pixels of a photo as Vitrine prepares them. */
async function prepare(photo, config) {
  const preprocessor = new Preprocessor(inlineRuntime, config)
  const pixels = await preprocessor.evaluate(await readImage(nodeFiles, photo))
  await preprocessor.close()
  return pixels
}

async function* compared(folder, tasks) {
  yield* rows(tasks, await loaded(folder, tasks))
}

function* rows(tasks, results) {
  for (const [i, { title, expected }] of tasks.entries()) {
    const { output, problem } = results[i]
    if (problem) yield { figure: `${title}: ${problem}`, ok: false }
    else yield atMost(title, relativeError(output, expected), limit, error)
  }
}

/** What the libraries make of the tasks of tools/converted/load.py. */
async function loaded(folder, tasks) {
  writeFileSync(`${folder}/tasks.json`, JSON.stringify(tasks))
  return JSON.parse(runPython(['tools/converted/load.py', `${folder}/tasks.json`]))
}

const orRefusal = (promise) =>
  promise.catch((problem) => {
    if (problem instanceof UserError) return problem
    throw problem
  })
