import { readImageFolder } from '../data/index.js'
import { UserError } from '../errors.js'
import { Classifier, evaluate } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import { formatEvaluation } from './format-evaluation.js'
import { resolveModel } from './model-reference.js'
import { abridge, leaveOutBroken } from './pictures.js'
import { startProgress } from './progress.js'

/** Judges a model on labelled pictures; the folder's classes are matched to the model's by name. */
export async function evaluateFolder(
  modelName: string,
  folder: string,
  { batchSize, json }: { batchSize: number; json?: boolean },
): Promise<void> {
  const classifier = await Classifier.load(nodeFiles, nodeRuntime, await resolveModel(modelName))
  const pictures = await readImageFolder(nodeFiles, folder)
  const places = pictures.classes.map((name) => {
    const place = classifier.labels.indexOf(name)
    if (place < 0)
      throw new UserError(
        `the class folder ${folder}/${name} is none of the model's classes, which are ${abridge(classifier.labels)}`,
      )
    return place
  })
  const { samples } = await leaveOutBroken(pictures)
  const relabelled = samples.map(({ path, label }) => ({ path, label: places[label]! }))
  const progress = startProgress('evaluating', samples.length)
  const result = await evaluate((pixels) => classifier.logits(pixels), relabelled, {
    files: nodeFiles,
    preprocessor: classifier.preprocessor,
    batchSize,
    labels: classifier.labels,
    onProgress: (done) => progress.update(done),
  }).finally(() => progress.stop())
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatEvaluation(result))
  await classifier.close()
}
