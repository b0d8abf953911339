import { createHash } from 'node:crypto'
import { basename, resolve } from 'node:path'
import {
  checkImages,
  type ImageFolder,
  readImageFolder,
  requireEveryClass,
  type Sample,
  splitPerClass,
} from '../data/index.js'
import { UserError } from '../errors.js'
import { loadModel } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { hasCheckpoint, type Recipe } from '../train/index.js'
import { startProgress } from './progress.js'
import { runTraining } from './run-training.js'

export interface TrainFolderOptions {
  model: string
  valSplit: number
  val?: string
  output?: string
  resume: boolean
  json: boolean
}

/** The whole of `vitrine train`: reads the pictures, trains, and writes the run folder. */
export async function trainFolder(folder: string, recipe: Recipe, options: TrainFolderOptions): Promise<void> {
  const output = options.output ?? `runs/${basename(resolve(folder))}`
  const resume = await prepareOutput(output, options.resume)
  const { classes, train, validation, warnings } = await readPictures(folder, recipe.seed, options)
  process.stderr.write(
    `${classes.length} classes, ${train.length} training and ${validation.length} validation pictures\n`,
  )
  const model = await loadModel(nodeFiles, options.model, {
    seed: recipe.seed,
    labels: classes,
    onNotice: (text) => process.stderr.write(`note: ${text}\n`),
  })
  if (!model.pretrained)
    process.stderr.write(
      `note: ${options.model} starts from random weights, which takes many pictures and epochs; --model FOLDER starts from pretrained ones\n`,
    )
  await runTraining({
    model,
    train,
    validation,
    recipe,
    output,
    resume,
    json: options.json,
    identity: { model: options.model, pictures: fingerprint(classes, [train, validation]) },
    settings: { data: folder, model: options.model },
    warnings,
  })
}

/** Refuses to write over another run, and says whether there is one to take up again. */
async function prepareOutput(output: string, resume: boolean): Promise<boolean> {
  const hasRun = await hasCheckpoint(nodeFiles, output)
  if (resume && !hasRun)
    process.stderr.write(`note: ${output} holds nothing to resume yet, so training starts from the beginning\n`)
  if (!resume && (hasRun || (await nodeFiles.kind(`${output}/model.safetensors`)) !== undefined))
    throw new UserError(
      `${output} already holds a run: add --resume to go on with it, or name another folder with --output`,
    )
  return resume && hasRun
}

interface Pictures {
  classes: readonly string[]
  train: Sample[]
  validation: Sample[]
  warnings: string[]
}

async function readPictures(folder: string, seed: number, { val, valSplit }: TrainFolderOptions): Promise<Pictures> {
  const warnings: string[] = []
  const { classes, samples } = await readWholePictures(folder, warnings)
  if (!val) return { classes, ...splitPerClass(classes, samples, valSplit, seed), warnings }
  const other = await readWholePictures(val, warnings)
  if (other.classes.join('\n') !== classes.join('\n'))
    throw new UserError(
      `${val} has the classes ${other.classes.join(', ')}, and ${folder} has ${classes.join(', ')}: they must be the same`,
    )
  return { classes, train: samples, validation: other.samples, warnings }
}

/** The pictures of a folder that can be decoded; the others are named on standard error. */
export async function readWholePictures(folder: string, warnings: string[] = []): Promise<ImageFolder> {
  const { classes, samples } = await readImageFolder(nodeFiles, folder)
  const progress = startProgress('checking pictures', samples.length)
  const { good, broken } = await checkImages(nodeFiles, samples, (done) => progress.update(done)).finally(() =>
    progress.stop(),
  )
  if (broken.length > 0)
    warnings.push(
      `left out ${broken.length} broken ${broken.length === 1 ? 'picture' : 'pictures'} of ${samples.length}`,
    )
  for (const { path, reason } of broken) warnings.push(`${path}: ${reason}`)
  for (const warning of warnings) process.stderr.write(`warning: ${warning}\n`)
  requireEveryClass(classes, good)
  return { classes, samples: good }
}

/** Tells apart sets of pictures by their paths and labels. */
function fingerprint(classes: readonly string[], parts: readonly (readonly Sample[])[]): string {
  const hash = createHash('sha256').update(classes.join('\n'))
  for (const part of parts) for (const { path, label } of part) hash.update(`\n${path} ${label}`)
  return hash.digest('hex').slice(0, 16)
}
