import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readImage } from '../data/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { Classifier } from './classifier.js'
import { evaluate } from './evaluate.js'

type FirstFive = [place: number, probability: number][]

/** What PyTorch and timm make of photos, with the mirror image and without; from tools/make-flip-fixture.py. */
const fixture: Record<string, { plain: FirstFive; flip: FirstFive }> = JSON.parse(
  readFileSync(new URL('../../test/fixtures/flip.json', import.meta.url), 'utf8'),
)
const shared = fileURLToPath(new URL('../../../shared', import.meta.url))
const weights = `${shared}/weights/vit_tiny_patch16_224`
const photo = (name: string) => `${shared}/data/imagenet-samples/${name}`
const skip = !existsSync(weights) && `needs ${weights}`

/** Decoders of JPEG and preprocessing may differ by 1/255, which moves a probability by less than this. */
const tolerance = 5e-3

test('the mean with the mirror image is that of PyTorch', { skip }, async () => {
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, weights)
  let moved = 0
  for (const [name, { plain, flip }] of Object.entries(fixture)) {
    const image = () => readImage(nodeFiles, photo(name))
    const without = new Map((await classifier.classify(await image())).map(({ label, score }) => [label, score]))
    const both = new Map(
      (await classifier.classify(await image(), undefined, { flip: true })).map(({ label, score }) => [label, score]),
    )
    for (const [scores, expected] of [
      [without, plain],
      [both, flip],
    ] as const)
      for (const [place, probability] of expected) {
        const score = scores.get(classifier.labels[place]!)!
        assert.ok(Math.abs(score - probability) < tolerance, `${name}, ${place}: ${score} and ${probability}`)
      }
    moved = Math.max(moved, Math.abs(plain[0]![1] - both.get(classifier.labels[plain[0]![0]]!)!))
  }
  // The comparison means something only where the flip changes more than the tolerance.
  assert.ok(moved > 5 * tolerance, `${moved}`)
  await classifier.close()
})

test('evaluate counts by the same mean', { skip }, async () => {
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, weights)
  const { preprocessor, labels } = classifier
  const samples = Object.entries(fixture).map(([name, { flip }]) => ({ path: photo(name), label: flip[0]![0] }))
  const options = { files: nodeFiles, preprocessor, labels, batchSize: 3, flip: true }
  const { loss } = await evaluate((pixels) => classifier.logits(pixels), samples, options)
  const losses = Object.values(fixture).map(({ flip }) => -Math.log(flip[0]![1]))
  const expected = losses.reduce((sum, value) => sum + value, 0) / losses.length
  assert.ok(Math.abs(loss - expected) < 2 * tolerance, `${loss} and ${expected}`)
  await classifier.close()
})
