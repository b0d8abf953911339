import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { BatchLoader, readImageFolder, type Sample, splitPerClass } from '../data/index.js'
import { UserError } from '../errors.js'
import { Preprocessor } from '../image/index.js'
import type { ViTConfig } from '../nn/index.js'
import { encodeModel } from '../onnx/index.js'
import { inferenceGraph, loadModel, type Model, softmax } from '../pipeline/index.js'
import { Random } from '../random.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { drawPictures, temporaryFolder, writeTinyModel } from '../testing/command-line.js'
import type { Features } from './features.js'
import { fitClassifier, logitsOf } from './linear-classifier.js'
import { linearProbe } from './linear-probe.js'

const folder = await temporaryFolder('probe')
await drawPictures(`${folder}/pics`, ['blue', 'green', 'red'], 7)
const { classes, samples } = await readImageFolder(nodeFiles, `${folder}/pics`)
const split = splitPerClass(classes, samples, 0.3, 0)

async function tinyModel(name: string, config: Partial<ViTConfig> = {}): Promise<Model> {
  await writeTinyModel(`${folder}/${name}`, config)
  return loadModel(nodeFiles, `${folder}/${name}`, { labels: classes })
}

/** What the whole model answers to pictures, by its own graph. */
async function answers(model: Model, samples: readonly Sample[]): Promise<number[][]> {
  const session = await inlineRuntime.createSession(encodeModel(inferenceGraph(model)))
  const preprocessor = new Preprocessor(inlineRuntime, model.preprocessor)
  const rows: number[][] = []
  for await (const { pixels } of new BatchLoader(nodeFiles, preprocessor, 1).evaluation(samples))
    rows.push(softmax((await session.run({ pixel_values: pixels })).logits!.data as Float32Array))
  await session.close()
  await preprocessor.close()
  return rows
}

const environment = { files: nodeFiles, runtime: inlineRuntime, batchSize: 4, ...split }

for (const [name, config] of Object.entries<Partial<ViTConfig>>({
  plain: {},
  mean: { pooling: 'avg', fcNorm: true },
  distilled: { distillation: true },
}))
  test(`a probe learns colours, and its answers are those of the model it leaves behind: ${name}`, async () => {
    const model = await tinyModel(name, config)
    const body = model.vit.parameters.get('blocks.0.attn.qkv.weight')!.data.slice()
    const { evaluation, training, results } = await linearProbe({ ...environment, model })
    assert.deepEqual([evaluation.count, training.count], [split.validation.length, split.train.length])
    assert.equal(evaluation.accuracy, 1)
    const whole = await answers(model, split.validation)
    const worst = results.map(({ probabilities }, i) =>
      Math.max(...probabilities.map((probability, k) => Math.abs(probability - whole[i]![k]!))),
    )
    assert.ok(Math.max(...worst) < 1e-4, `${worst}`)
    assert.deepEqual(model.vit.parameters.get('blocks.0.attn.qkv.weight')!.data, body)
  })

test('features come from the cache where its key fits, and a damaged cache does no harm', async () => {
  const cache = { path: `${folder}/cache/features.safetensors`, key: 'one' }
  const files = { ...nodeFiles, reads: 0 }
  files.read = (path) => {
    if (/\.(png|jpg)$/.test(path)) files.reads++
    return nodeFiles.read(path)
  }
  const run = async (key: string) => {
    files.reads = 0
    const { results } = await linearProbe({
      ...environment,
      files,
      model: await tinyModel('cached'),
      cache: { ...cache, key },
    })
    return { reads: files.reads, results }
  }
  const first = await run('one')
  assert.equal(first.reads, samples.length)
  assert.deepEqual(await run('one'), { ...first, reads: 0 })
  assert.equal((await run('other')).reads, samples.length)
  await writeFile(cache.path, 'no features')
  assert.deepEqual(await run('other'), first)
})

test('a model with another head is refused', async () => {
  const model = await tinyModel('mlp')
  const other = {
    ...model,
    vit: Object.assign(Object.create(model.vit), { config: { ...model.vit.config, head: 'mlp' } }),
  }
  await assert.rejects(linearProbe({ ...environment, model: other }), UserError)
})

test('a classifier finds what separates features of very different scales', async () => {
  const random = new Random(0)
  const count = 300
  const labels = Array.from({ length: count }, () => random.integer(3))
  const width = 4
  // The label shifts the second feature, which is tiny beside the first; the third is constant.
  const data = Float32Array.from(
    labels.flatMap((label) => [
      1e4 * random.normal(),
      1e-3 * (label + 0.1 * random.normal()) + 5e-3,
      7,
      random.normal(),
    ]),
  )
  const features: Features = { count, width, data }
  const classifier = await fitClassifier(inlineRuntime, features, labels, 3, {
    weightDecay: 0,
    labelSmoothing: 0,
    learningRate: 0.1,
  })
  const right = [...logitsOf(features, classifier)].filter((row, i) => row.indexOf(Math.max(...row)) === labels[i])
  assert.ok(right.length > 0.98 * count, `${right.length}`)
})
