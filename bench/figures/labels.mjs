import { readdirSync } from 'node:fs'
import { readImage } from '../../dist/data/index.js'
import { Classifier, loadModel, saveModel } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { atLeast, info, milliseconds, ratio } from '../lib/rows.mjs'
import { missing, photos, weights } from '../lib/shared.mjs'
import { temporaryFolder } from '../lib/temporary-folder.mjs'
import { medians, timed } from '../lib/timing.mjs'
import { loadTransformersJs, missingTransformersJs } from '../lib/transformers-js.mjs'

const models = [
  ['ViT-Ti', weights],
  ['ViT-B', 'vit_base_patch16_224'],
]
const rounds = 5

export const skip = () => missing(photos, weights) ?? missingTransformersJs()

/** From a JPEG file to its five labels against transformers.js with the same folder; both have loaded their model. */
export async function* measure() {
  const folder = temporaryFolder()
  const { pipeline } = await loadTransformersJs(folder)
  const flowers = readdirSync(`${photos}/tulips`)
    .map((name) => `${photos}/tulips/${name}`)
    .slice(0, 8)
  for (const [name, source] of models) {
    await saveModel(nodeFiles, `${folder}/${name}`, await loadModel(nodeFiles, source))
    const classifier = await Classifier.load(nodeFiles, inlineRuntime, `${folder}/${name}`)
    const classify = await pipeline('image-classification', name, { dtype: 'fp32', device: 'cpu' })
    const tasks = [
      async (file) => classifier.classify(await readImage(nodeFiles, file), 5),
      (file) => classify(file, { top_k: 5 }),
    ].map((label) => () => medianTime(label, flowers))
    const [ours, theirs] = await medians(tasks, rounds)
    yield atLeast(`${name}, from file to label: speed against transformers.js`, theirs / ours, 1.2, ratio)
    yield info('… Vitrine, transformers.js', `${milliseconds(ours)}, ${milliseconds(theirs)}`)
    await classifier.close()
    await classify.dispose()
  }
}

/** The median milliseconds of a file. One before warms up: the other side's threads still wait for work. */
async function medianTime(label, files) {
  let next = 0
  const [median] = await medians([() => timed(() => label(files[next++]))], files.length - 1)
  return median
}
