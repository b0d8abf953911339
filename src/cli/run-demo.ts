import { rm } from 'node:fs/promises'
import { drawFlower, flowerKinds } from '../data/drawings.js'
import { readImage, type Sample } from '../data/index.js'
import { UserError } from '../errors.js'
import { renderSvg } from '../image/index.js'
import { ViT } from '../nn/index.js'
import { Classifier, type Model } from '../pipeline/index.js'
import { Random } from '../random.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { defaultRecipe, type Recipe } from '../train/index.js'
import { formatPredictions } from './predict-images.js'
import { formatDuration, startProgress } from './progress.js'
import { runTraining } from './run-training.js'

const imageSize = 64
const trainPerKind = 300
const unseenPerKind = 60

/** Draws, trains, evaluates, exports and predicts, and says where everything is. */
export async function runDemo({ output, seed }: { output: string; seed: number }): Promise<void> {
  const started = performance.now()
  await clear(output)
  const { train, unseen } = await drawPictures(output, seed)
  process.stderr.write(
    `drew ${train.length} pictures of ${flowerKinds.join(', ')} to learn from, and ${unseen.length} others to judge by\n`,
  )
  const vit = new ViT(
    { imageSize, patchSize: 8, numClasses: flowerKinds.length, embedDim: 128, depth: 4, numHeads: 4 },
    seed,
  )
  const model: Model = { vit, labels: flowerKinds, preprocessor: preprocessing(), pretrained: false }
  const recipe: Recipe = { ...defaultRecipe, epochs: 18, batchSize: 32, learningRate: 1e-3, warmupSteps: 60, seed }
  await runTraining({
    model,
    train,
    validation: unseen,
    recipe,
    output,
    resume: false,
    json: false,
    identity: {},
    settings: { data: 'drawn by vitrine demo', model: 'small Vision Transformer, from scratch' },
    warnings: [],
    title: 'Five kinds of flower, drawn and learned',
  })

  const picture = unseen[new Random(seed, 'demo picture').integer(unseen.length)]!
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, output)
  const predictions = await classifier.classify(await readImage(nodeFiles, picture.path))
  await classifier.close()
  process.stdout.write(`\n${picture.path}\n${formatPredictions(predictions)}
report    ${output}/report.html
model     ${output}/onnx/model.onnx (any ONNX Runtime), ${output}/model.safetensors
pictures  ${output}/pictures
try       npx vitrine predict ${output} ${output}/pictures/unseen
took ${formatDuration((performance.now() - started) / 1000)}
`)
}

/** Removes an earlier demo, and nothing that is not one. */
async function clear(output: string): Promise<void> {
  if ((await nodeFiles.kind(output)) === undefined) return
  const entries = (await nodeFiles.list(output)).map(({ name }) => name)
  if (entries.length > 0 && !entries.includes('pictures'))
    throw new UserError(`${output} is in use and holds no earlier demo: name another folder with --output`)
  await rm(output, { recursive: true })
}

async function drawPictures(output: string, seed: number): Promise<{ train: Sample[]; unseen: Sample[] }> {
  const parts = { train: trainPerKind, unseen: unseenPerKind }
  const samples: Record<keyof typeof parts, Sample[]> = { train: [], unseen: [] }
  const progress = startProgress('drawing', (trainPerKind + unseenPerKind) * flowerKinds.length)
  let done = 0
  for (const [label, kind] of flowerKinds.entries()) {
    for (const part of ['train', 'unseen'] as const) {
      for (let i = 0; i < parts[part]; i++) {
        const svg = drawFlower(kind, new Random(seed, 'drawing', part, kind, i), 2 * imageSize)
        const path = `${output}/pictures/${part}/${kind}/${kind}-${String(i).padStart(3, '0')}.png`
        await nodeFiles.write(path, await renderSvg(svg, 2 * imageSize))
        samples[part].push({ path, label })
        progress.update(++done)
      }
    }
  }
  progress.stop()
  return samples
}

/** Drawings are square already, so they are only made smaller. */
function preprocessing(): Model['preprocessor'] {
  const size = { height: imageSize, width: imageSize }
  return {
    resize: size,
    resample: 'bicubic',
    crop: size,
    rescaleFactor: 1 / 255,
    mean: [0.5, 0.5, 0.5],
    std: [0.5, 0.5, 0.5],
  }
}
