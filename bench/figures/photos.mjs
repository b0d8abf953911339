import { readdirSync } from 'node:fs'
import { readImage } from '../../dist/data/index.js'
import { Classifier, softmax } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { largestDifference } from '../lib/pixels.mjs'
import { missingPackages, runPython } from '../lib/python.mjs'
import { atLeast, atMost, count, error } from '../lib/rows.mjs'
import { missing, samples, weights } from '../lib/shared.mjs'

export const skip = () => missing(samples, weights) ?? missingPackages(['torch', 'timm'])

/** The real ViT-Ti from JPEG file to probabilities, here and by timm, each with its own decoding and preprocessing. */
export async function* measure() {
  const files = readdirSync(samples)
    .filter((name) => /\.jpe?g$/i.test(name))
    .map((name) => `${samples}/${name}`)
  const expected = JSON.parse(runPython(['tools/timm-probabilities.py', weights, ...files]))
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, weights)
  let same = 0
  let largest = 0
  for (const [i, file] of files.entries()) {
    const probabilities = await probabilitiesOf(classifier, file)
    if (indexOfLargest(probabilities) === indexOfLargest(expected[i])) same++
    largest = Math.max(largest, largestDifference(probabilities, expected[i]))
  }
  await classifier.close()
  yield atLeast(`${files.length} photos by the real ViT-Ti: same first class as timm`, same, 100, count)
  yield atMost('… largest difference of a probability', largest, 2e-3, error)
}

/** Not by `classify`, which sorts them under names of which some stand for two classes. */
async function probabilitiesOf(classifier, file) {
  const { preprocessor } = classifier
  const { height, width } = preprocessor.config.crop
  const data = await preprocessor.evaluate(await readImage(nodeFiles, file))
  const logits = await classifier.logits({ dtype: 'float32', shape: [1, 3, height, width], data })
  return softmax(logits.data)
}

const indexOfLargest = (values) => values.indexOf(Math.max(...values))
