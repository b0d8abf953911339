import { readJudgedSamples } from '../data/index.js'
import { abridge, UserError } from '../errors.js'
import { Classifier, evaluate } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { nodeRuntime } from '../runtime/node/runtime.js'
import { say } from './errors.js'
import { formatEvaluation } from './format-evaluation.js'
import { resolveModel } from './model-reference.js'
import { leaveOutBroken } from './pictures.js'
import { startProgress } from './progress.js'

export interface EvaluateFlags {
  batchSize: number
  /** Takes the mean with the mirror image. */
  flip?: boolean
  json?: boolean
}

/** Judges a model on labelled pictures; their classes are matched to the model's by name. */
export async function evaluateFolder(
  modelName: string,
  source: string,
  { batchSize, flip = false, json }: EvaluateFlags,
): Promise<void> {
  const classifier = await Classifier.load(nodeFiles, nodeRuntime, await resolveModel(modelName))
  const { labels } = classifier
  const { samples: named, warnings } = await readJudgedSamples(nodeFiles, source)
  for (const warning of warnings) say(`warning: ${warning}`)
  const places = new Map(labels.map((label, place) => [label, place]))
  const unknown = named.find(({ className }) => !places.has(className))
  if (unknown)
    throw new UserError(
      `the class "${unknown.className}" of ${source} is none of the model's classes, which are ${abridge(labels)}: name pictures of those`,
    )
  const relabelled = named.map(({ path, className }) => ({ path, label: places.get(className)! }))
  const { samples } = await leaveOutBroken({ classes: [...labels], samples: relabelled })
  const progress = startProgress('evaluating', samples.length)
  const result = await evaluate((pixels) => classifier.logits(pixels), samples, {
    files: nodeFiles,
    preprocessor: classifier.preprocessor,
    batchSize,
    labels,
    flip,
    onProgress: (done) => progress.update(done),
  }).finally(() => progress.stop())
  process.stdout.write(json ? `${JSON.stringify(result)}\n` : formatEvaluation(result))
  await classifier.close()
}
