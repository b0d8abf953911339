import { Command, Option } from 'commander'
import type { Recipe } from '../train/index.js'
import { numberBetween, wholeNumber } from './options.js'

interface TrainFlags extends Omit<Recipe, 'learningRate'> {
  model: string
  imageSize?: number
  inChannels?: '1' | '3'
  output?: string
  lr: number
  valSplit: number
  split: 'seeded' | 'python'
  val?: string
  resume?: boolean
  json?: boolean
}

/** `vitrine train <folder>`: from labelled pictures to a run folder. */
export function trainCommand(): Command {
  return new Command('train')
    .description('train a Vision Transformer on a folder with one folder of pictures a class')
    .argument(
      '<data>',
      'pictures as <folder>/<class>/<picture>, a folder with train/ and val/ of this kind, or a .csv or .jsonl manifest',
    )
    .option(
      '--model <model>',
      'what to start from: a model folder, hf:owner/name, or a preset for random weights',
      'vit_tiny_patch16_224',
    )
    .option('--image-size <pixels>', 'height and width to train at, if not those of the model', wholeNumber(1))
    .addOption(
      new Option('--in-channels <n>', 'channels of the pictures, if not those of the model: 1 is grey').choices([
        '1',
        '3',
      ]),
    )
    .option('--output <folder>', 'the run folder to write (default: runs/<name of the folder>)')
    .option('--epochs <n>', 'passes over the training pictures', wholeNumber(1), 10)
    .option('--patience <n>', 'stop after so many epochs without a better one; 0 for never', wholeNumber(), 0)
    .option('--keep <n>', 'keep the weights of so many last epochs, besides the best', wholeNumber(), 0)
    .option('--batch-size <n>', 'pictures a step', wholeNumber(1), 16)
    .option('--lr <rate>', 'the highest learning rate', numberBetween(0, Number.POSITIVE_INFINITY), 1e-4)
    .option('--warmup-steps <n>', 'steps in which the learning rate rises', wholeNumber(), 20)
    .addOption(new Option('--optimizer <name>', 'how weights are updated').choices(['adamw', 'sgd']).default('adamw'))
    .option(
      '--weight-decay <factor>',
      'pull of the weights towards zero',
      numberBetween(0, 1, { inclusive: true }),
      0.05,
    )
    .option('--clip-norm <norm>', 'the largest norm of the gradients', numberBetween(0, Number.POSITIVE_INFINITY), 1)
    .option(
      '--label-smoothing <share>',
      'share of each target spread over all classes',
      numberBetween(0, 1, { inclusive: true }),
      0.1,
    )
    .option(
      '--min-crop <share>',
      "smallest share of a picture's area that a random crop shows",
      numberBetween(0, 1),
      0.35,
    )
    .addOption(
      new Option('--val-split <share>', 'share of every class kept for validation')
        .argParser(numberBetween(0, 1))
        .default(0.2)
        .conflicts('val'),
    )
    .option('--val <data>', 'validate on the pictures of another data set')
    .addOption(
      new Option('--split <way>', "how that share is drawn: by the seed, or as Python's random.sample after seed(0)")
        .choices(['seeded', 'python'])
        .default('seeded'),
    )
    .option('--seed <n>', 'seed of all random numbers', wholeNumber(), 0)
    .option('--resume', 'go on from the last checkpoint in the run folder')
    .option('--json', 'print JSON lines: one an epoch, and one at the end')
    .action(async (folder: string, flags: TrainFlags) => {
      const { trainFolder } = await import('./train-folder.js')
      const { lr, model, imageSize, inChannels, output, val, valSplit, split, resume, json, ...rest } = flags
      const recipe: Recipe = { ...rest, learningRate: lr }
      await trainFolder(folder, recipe, {
        model,
        size: { ...(imageSize && { imageSize }), ...(inChannels && { inChannels: Number(inChannels) }) },
        valSplit,
        split,
        resume: resume ?? false,
        json: json ?? false,
        ...(val && { val }),
        ...(output && { output }),
      })
    })
}
