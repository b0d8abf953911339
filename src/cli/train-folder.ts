import { basename, resolve } from 'node:path'
import { UserError } from '../errors.js'
import { preset, type ViTConfig } from '../nn/index.js'
import { loadModel, type Model, requirePictures } from '../pipeline/index.js'
import { nodeFiles } from '../runtime/node/files.js'
import { inlineRuntime, nodeRuntime } from '../runtime/node/runtime.js'
import { type Recipe, Teacher } from '../train/index.js'
import { say } from './errors.js'
import { thisCommand } from './invocation.js'
import { resolveModel } from './model-reference.js'
import { openRunFolder, requireOutside } from './run-folder.js'
import { runTraining } from './run-training.js'
import { suggestLearningRate } from './suggest-learning-rate.js'
import { type DataOptions, readTrainingData } from './training-data.js'
import type { TrainingRun } from './training-run.js'

export interface TrainFolderOptions extends Omit<DataOptions, 'seed'> {
  model: string
  /** Learns the head alone, from features that are computed once. */
  probe: boolean
  /** What the model is to have otherwise than it comes. */
  config: Partial<Pick<ViTConfig, 'imageSize' | 'inChannels' | 'head'>>
  output?: string
  /** Suggests a learning rate instead of training. */
  findLr: boolean
  /** MB for decoded pictures. */
  cache: number
  resume: boolean
  /** Goes on with other values than the run was started with. */
  force: boolean
  json: boolean
}

/** The whole of `vitrine train`: reads the pictures, trains, and writes the run folder. */
export async function trainFolder(folder: string, recipe: Recipe, options: TrainFolderOptions): Promise<void> {
  const { model: modelName, config, val, valSplit, split, output = `runs/${basename(resolve(folder))}`, json } = options
  // What fails at once comes first; checking every picture and training take their time.
  requireOutside(output, folder)
  const resume = !options.findLr && (await openRunFolder(output, options.resume))
  const prepare = await readTrainingData(folder, { valSplit, split, seed: recipe.seed, ...(val && { val }) })
  const { classes } = prepare
  const model = await loadModel(nodeFiles, await resolveModel(modelName), {
    seed: recipe.seed,
    labels: classes,
    config: { ...config, dropPath: recipe.dropPath },
    runtime: inlineRuntime,
    onNotice: (text) => resume || say(`note: ${text}`),
  })
  requirePictures(model, modelName)
  const { imageSize, inChannels } = model.vit.config
  const input = `${inChannels} × ${imageSize} × ${imageSize}`
  if (!model.pretrained)
    say(
      `note: ${modelName} starts from random weights, which takes many pictures and epochs; --model FOLDER starts from pretrained ones`,
    )
  const teacher = recipe.teacher ? await loadTeacher(recipe.teacher, model) : undefined

  const { train, validation, warnings, counts, identity } = await prepare.check()
  say(counts)
  const run: TrainingRun = {
    probe: options.probe,
    model,
    train,
    validation,
    recipe,
    ...(teacher && { teacher }),
    output,
    resume,
    force: options.force,
    cacheBytes: 1e6 * options.cache,
    json,
    identity: { '--model': modelName, 'an input of': input, ...identity },
    settings: { data: folder, model: modelName, input },
    warnings,
    howToGoOn: `go on with: ${thisCommand('--resume')}`,
  }
  await (options.findLr ? suggestLearningRate(run) : runTraining(run)).finally(() => teacher?.close())
}

async function loadTeacher(name: string, student: Model): Promise<Teacher> {
  if (preset(name) && (await nodeFiles.kind(name)) === undefined)
    throw new UserError(`the --teacher ${name} is a preset, which has learned nothing: name a model with weights`)
  const resolved = await resolveModel(name)
  const onNotice = (text: string) => say(`note: ${text}`)
  return Teacher.load({ files: nodeFiles, runtime: nodeRuntime, name: resolved, student, onNotice })
}
