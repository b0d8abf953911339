import { findPictures, readImage } from '../data/index.js'
import { UserError } from '../errors.js'
import { Classifier, type Prediction } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime } from '../runtime/node/runtime.js'
import { fail } from './errors.js'
import { resolveModel } from './model-reference.js'

export interface PredictFlags {
  /** How many classes to name for each picture. */
  topK: number
  /** Takes the mean with the mirror image. */
  flip?: boolean
  json?: boolean
}

/** Classifies pictures one by one. What cannot be read is reported, and the rest goes on. */
export async function predictImages(
  modelName: string,
  paths: readonly string[],
  { topK, flip = false, json }: PredictFlags,
): Promise<void> {
  const classifier = await Classifier.load(nodeFiles, inlineRuntime, await resolveModel(modelName))
  const results: { file: string; predictions: Prediction[] }[] = []
  for (const path of paths) {
    for (const file of (await orReport(picturesAt(path))) ?? []) {
      const predictions = await orReport(
        readImage(nodeFiles, file).then((image) => classifier.classify(image, topK, { flip })),
      )
      if (!predictions) continue
      results.push({ file, predictions })
      if (!json) process.stdout.write(`${results.length > 1 ? '\n' : ''}${file}\n${formatPredictions(predictions)}`)
    }
  }
  if (json) process.stdout.write(`${JSON.stringify(results, null, 2)}\n`)
  await classifier.close()
}

/** The picture itself, or all that a folder holds. */
async function picturesAt(path: string): Promise<string[]> {
  if ((await nodeFiles.kind(path)) !== 'folder') return [path]
  const found = await findPictures(nodeFiles, path)
  if (found.length === 0) throw new UserError(`${path} holds no pictures: name a folder with some, or a picture`)
  return found
}

/** Undefined where it failed by the user's fault, which is printed and decides the exit code. */
async function orReport<T>(result: Promise<T>): Promise<T | undefined> {
  try {
    return await result
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    fail(error)
    return undefined
  }
}

/** One line a class, as the ONNX tutorial prints them. */
export function formatPredictions(predictions: readonly Prediction[]): string {
  return predictions
    .map(({ label, score }) => `class: ${label.padEnd(10)}   prob: ${formatProbability(score)}\n`)
    .join('')
}

/** Three significant digits, like Python's `{:.3}`. */
function formatProbability(score: number): string {
  return Number(score.toPrecision(3)).toString()
}
