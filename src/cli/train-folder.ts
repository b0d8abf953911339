import { createHash } from 'node:crypto'
import { basename, relative, resolve } from 'node:path'
import { type ImageFolder, readImageFolder, type Sample, splitPerClass } from '../data/index.js'
import { UserError } from '../errors.js'
import type { ViTConfig } from '../nn/index.js'
import { loadModel, requirePictures } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import type { Recipe } from '../train/index.js'
import { say } from './errors.js'
import { thisCommand } from './invocation.js'
import { resolveModel } from './model-reference.js'
import { abridge, leaveOutBroken } from './pictures.js'
import { openRunFolder, requireOutside } from './run-folder.js'
import { runTraining } from './run-training.js'

export interface TrainFolderOptions {
  model: string
  /** What the pictures have otherwise than those of the model. */
  size: Partial<Pick<ViTConfig, 'imageSize' | 'inChannels'>>
  valSplit: number
  val?: string
  output?: string
  resume: boolean
  json: boolean
}

/** The whole of `vitrine train`: reads the pictures, trains, and writes the run folder. */
export async function trainFolder(folder: string, recipe: Recipe, options: TrainFolderOptions): Promise<void> {
  const { model: modelName, size, val, valSplit, output = `runs/${basename(resolve(folder))}`, json } = options
  // What fails at once comes first; checking every picture and training take their time.
  requireOutside(output, folder)
  const resume = await openRunFolder(output, options.resume)
  const source = await readImageFolder(nodeFiles, folder)
  const other = val === undefined ? undefined : await readImageFolder(nodeFiles, val)
  requireClasses(folder, source, val, other)
  const { classes } = source
  const model = await loadModel(nodeFiles, await resolveModel(modelName), {
    seed: recipe.seed,
    labels: classes,
    config: size,
    onNotice: (text) => resume || say(`note: ${text}`),
  })
  requirePictures(model, modelName)
  const { imageSize, inChannels } = model.vit.config
  const input = `${inChannels} × ${imageSize} × ${imageSize}`
  if (!model.pretrained)
    say(
      `note: ${modelName} starts from random weights, which takes many pictures and epochs; --model FOLDER starts from pretrained ones`,
    )

  const { train, validation, warnings } = await divide(source, other, valSplit, recipe.seed)
  const counts = `${classes.length} classes, ${train.length} training and ${validation.length} validation pictures`
  say(counts)
  const digest = fingerprint(classes, [folder, train], [val ?? folder, validation])
  await runTraining({
    model,
    train,
    validation,
    recipe,
    output,
    resume,
    json,
    identity: { '--model': modelName, 'an input of': input, 'a data set of': `${counts} (fingerprint ${digest})` },
    settings: { data: folder, model: modelName, input },
    warnings,
    howToGoOn: `go on with: ${thisCommand('--resume')}`,
  })
}

/** @throws UserError where there is nothing to tell apart, or the validation pictures have other classes */
function requireClasses(folder: string, { classes }: ImageFolder, val = '', other?: ImageFolder) {
  if (classes.length === 1)
    throw new UserError(`${folder} has the single class folder "${classes[0]}": add one for each class to tell apart`)
  if (other && other.classes.join('\n') !== classes.join('\n'))
    throw new UserError(
      `${val} has the classes ${abridge(other.classes)}, and ${folder} has ${abridge(classes)}: make the class folders of both the same`,
    )
}

interface Parts {
  train: Sample[]
  validation: Sample[]
  warnings: string[]
}

/** What to learn from and what to judge by, without broken pictures: two folders, or two parts of one. */
async function divide(
  source: ImageFolder,
  other: ImageFolder | undefined,
  share: number,
  seed: number,
): Promise<Parts> {
  const { samples, warnings } = await leaveOutBroken(source)
  if (!other) return { ...splitPerClass(source.classes, samples, share, seed), warnings }
  const judged = await leaveOutBroken(other)
  return { train: samples, validation: judged.samples, warnings: [...warnings, ...judged.warnings] }
}

/** Tells apart sets of pictures by their labels and their paths within their folder. */
function fingerprint(classes: readonly string[], ...parts: [folder: string, samples: readonly Sample[]][]): string {
  const hash = createHash('sha256').update(classes.join('\n'))
  for (const [folder, samples] of parts)
    for (const { path, label } of samples) hash.update(`\n${relative(folder, path)} ${label}`)
  return hash.digest('hex').slice(0, 16)
}
