import { drawFlower, flowerKinds } from '../data/drawings.js'
import { mapConcurrently, readImage, type Sample } from '../data/index.js'
import { renderSvg } from '../image/index.js'
import { ViT } from '../nn/index.js'
import { Classifier, type Model } from '../pipeline/index.js'
import { Random } from '../random.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { type Recipe, recipes } from '../train/index.js'
import { say } from './errors.js'
import { invocation, quote, thisCommand } from './invocation.js'
import { formatPredictions } from './predict-images.js'
import { formatDuration, startProgress } from './progress.js'
import { openRunFolder } from './run-folder.js'
import { runTraining } from './run-training.js'

const imageSize = 64
const trainPerKind = 500
const unseenPerKind = 100

/** Draws, trains, evaluates, exports and predicts, and says where everything is. */
export async function runDemo({ output, seed }: { output: string; seed: number }): Promise<void> {
  const started = performance.now()
  // An earlier demo is drawn over, file by file; nothing else is.
  if ((await nodeFiles.kind(picturePath(output, 'train', flowerKinds[0], 0))) === undefined)
    await openRunFolder(output, false)
  const { train, unseen } = await drawPictures(output, seed)
  say(
    `drew ${train.length} pictures of ${flowerKinds.join(', ')} to learn from, and ${unseen.length} others to judge by`,
  )
  const vit = new ViT(
    { imageSize, patchSize: 8, numClasses: flowerKinds.length, embedDim: 128, depth: 4, numHeads: 4 },
    seed,
  )
  const model: Model = { vit, labels: flowerKinds, preprocessor: preprocessing(), pretrained: false }
  const recipe: Recipe = { ...recipes.simple, epochs: 11, batchSize: 32, learningRate: 1.5e-3, warmupSteps: 60, seed }
  await runTraining({
    model,
    train,
    validation: unseen,
    recipe,
    output,
    json: false,
    settings: { data: 'drawn by vitrine demo', model: 'small Vision Transformer, from scratch' },
    warnings: [],
    title: 'Five kinds of flower, drawn and learned',
    howToGoOn: `start again with: ${thisCommand()}`,
  })

  const picture = unseen[new Random(seed, 'demo picture').integer(unseen.length)]!
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, output)
  const predictions = await classifier.classify(await readImage(nodeFiles, picture.path))
  await classifier.close()
  process.stdout.write(`\n${picture.path}\n${formatPredictions(predictions)}
report    ${output}/report.html
model     ${output}/onnx/model.onnx (any ONNX Runtime), ${output}/model.safetensors
pictures  ${output}/pictures
try       ${invocation()} predict ${quote(output)} ${quote(`${output}/pictures/unseen`)}
took ${formatDuration((performance.now() - started) / 1000)}
`)
}

const picturePath = (output: string, part: string, kind: string, number: number) =>
  `${output}/pictures/${part}/${kind}/${kind}-${String(number).padStart(3, '0')}.png`

async function drawPictures(output: string, seed: number): Promise<{ train: Sample[]; unseen: Sample[] }> {
  const progress = startProgress('drawing', (trainPerKind + unseenPerKind) * flowerKinds.length)
  let done = 0
  const draw = (part: string, count: number) => {
    const places = flowerKinds.flatMap((kind, label) => Array.from({ length: count }, (_, i) => ({ kind, label, i })))
    // Several at a time: while one is written to disk, others are drawn.
    return mapConcurrently(places, 4, async ({ kind, label, i }): Promise<Sample> => {
      const svg = drawFlower(kind, new Random(seed, 'drawing', part, kind, i), 2 * imageSize)
      const path = picturePath(output, part, kind, i)
      await nodeFiles.write(path, await renderSvg(svg, 2 * imageSize))
      progress.update(++done)
      return { path, label }
    })
  }
  const samples = { train: await draw('train', trainPerKind), unseen: await draw('unseen', unseenPerKind) }
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
