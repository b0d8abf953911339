import { readFileSync } from 'node:fs'
import { Classifier } from '../../dist/pipeline/index.js'
import { nodeFiles } from '../../dist/runtime/node/files.js'
import { inlineRuntime } from '../../dist/runtime/node/runtime.js'
import { largestDifference, sinePixels } from '../lib/pixels.mjs'
import { atMost, error } from '../lib/rows.mjs'
import { missing, weights } from '../lib/shared.mjs'

const file = `${weights}/golden-sin-input.json`

export const skip = () => missing(file)

/** The logits of the real ViT-Ti against ones computed in double precision elsewhere. */
export async function* measure() {
  const { logits: expected } = JSON.parse(readFileSync(file, 'utf8'))
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, weights)
  const { data } = await classifier.logits(sinePixels([1, 3, 224, 224]))
  await classifier.close()
  const largest = Math.max(...expected.map(Math.abs))
  yield atMost(
    'ViT-Ti golden logits: largest error, relative to the largest',
    largestDifference(data, expected) / largest,
    1e-4,
    error,
  )
}
