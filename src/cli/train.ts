import { Command, Option } from 'commander'
import type { Recipe, RecipeName } from '../train/index.js'
import { findContradiction } from './contradictions.js'
import { numberBetween, wholeNumber } from './options.js'

interface TrainFlags extends Partial<Omit<Recipe, 'learningRate'>> {
  recipe: RecipeName
  model: string
  imageSize?: number
  inChannels?: '1' | '3'
  output?: string
  lr?: number
  valSplit: number
  split?: 'seeded' | 'python'
  val?: string
  findLr?: boolean
  cache: number
  resume?: boolean
  force?: boolean
  json?: boolean
}

const recipeNames: readonly RecipeName[] = ['finetune', 'linear-probe', 'simple', 'paddle', 'wzm', 'google', 'deit']

/** From 0 to below 1. */
const share = numberBetween(0, 1, { inclusive: true })

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
    .addOption(
      new Option('--recipe <name>', 'the values of all options below that are not given')
        .choices(recipeNames)
        .default('finetune'),
    )
    .option('--epochs <n>', 'passes over the training pictures', wholeNumber(1))
    .option('--patience <n>', 'stop after so many epochs without a better one; 0 for never', wholeNumber())
    .option('--keep <n>', 'keep the weights of so many last epochs, besides the best', wholeNumber())
    .option('--batch-size <n>', 'pictures that go through the model together', wholeNumber(1))
    .option('--accumulate <n>', 'batches that make one step', wholeNumber(1))
    .option(
      '--checkpointing',
      "compute each layer's values again in the backward pass: half their memory or less, up to a third more time",
    )
    .option('--lr <rate>', 'the highest learning rate', numberBetween(0, Number.POSITIVE_INFINITY))
    .addOption(
      new Option('--schedule <name>', 'how the learning rate falls').choices([
        'cosine',
        'linear',
        'step',
        'one-cycle',
        'epoch-cosine',
      ]),
    )
    .option('--warmup-steps <n>', 'steps in which the learning rate rises', wholeNumber())
    .option('--final-share <share>', 'the learning rate at the end, as a share of the highest', share)
    .addOption(
      new Option('--optimizer <name>', 'how weights are updated').choices([
        'adamw',
        'sgd',
        'lamb',
        'lion',
        'adafactor',
      ]),
    )
    .option('--momentum <factor>', 'of sgd', share)
    .option('--nesterov', "Nesterov's momentum, for sgd")
    .option('--weight-decay <factor>', 'pull of the weights towards zero', share)
    .option(
      '--layer-decay <factor>',
      "each layer's learning rate over that of the layer above",
      numberBetween(0, 1.0001),
    )
    .option(
      '--clip-norm <norm>',
      'the largest norm of the gradients; 0 for any',
      numberBetween(0, Number.POSITIVE_INFINITY, { inclusive: true }),
    )
    .option('--ema <decay>', 'average the weights, with this share of the old average at each step', share)
    .addOption(new Option('--loss <name>', 'what is made small').choices(['cross-entropy', 'bce', 'focal']))
    .option('--label-smoothing <share>', 'share of each target spread over all classes', share)
    .option('--balanced', 'let rare classes count more')
    .option('--drop-path <share>', 'chance that the last layer is passed by; less in those before', share)
    .option(
      '--min-crop <share>',
      "smallest share of a picture's area that a random crop shows",
      numberBetween(0, 1.0001),
    )
    .option('--augment <policy>', "RandAugment as timm writes it (rand-m9-mstd0.5-inc1), 'three', or '' for none")
    .option('--colour-jitter <share>', 'how far brightness, contrast and saturation are moved', share)
    .option('--erasing <chance>', 'chance that a part of a picture is erased', share)
    .option('--repeats <n>', 'how often each picture of an epoch comes', wholeNumber(1))
    .option(
      '--mixup <alpha>',
      'mix pictures; 0 for none',
      numberBetween(0, Number.POSITIVE_INFINITY, { inclusive: true }),
    )
    .option(
      '--cutmix <alpha>',
      'paste parts of pictures; 0 for none',
      numberBetween(0, Number.POSITIVE_INFINITY, { inclusive: true }),
    )
    .option('--freeze <names>', "what keeps its values: 'backbone', or names such as blocks.0,pos_embed")
    .option('--unfreeze-last <n>', 'let only so many last layers and the head learn', wholeNumber())
    .option('--lora <rank>', "learn changes of this rank to the attention's projections, and the head", wholeNumber())
    .option(
      '--teacher <model>',
      'learn from this model as well (distillation): a model folder, hf:owner/name, or an .onnx file',
    )
    .addOption(
      new Option(
        '--distillation <type>',
        "learn the teacher's probabilities (soft), or the class that it gives (hard)",
      ).choices(['soft', 'hard']),
    )
    .option(
      '--distillation-alpha <share>',
      'how much the teacher counts; the labels count one minus it',
      numberBetween(0, 1.0001),
    )
    .option('--temperature <t>', 'softens the probabilities, for soft', numberBetween(0, Number.POSITIVE_INFINITY))
    .addOption(
      new Option('--val-split <share>', 'share of every class kept for validation')
        .argParser(numberBetween(0, 1))
        .default(0.2)
        .conflicts('val'),
    )
    .option('--val <data>', 'validate on the pictures of another data set')
    .addOption(
      new Option(
        '--split <way>',
        "how that share is drawn: by the seed, or as Python's random.sample after seed(0) (default: seeded; python for the recipe wzm)",
      ).choices(['seeded', 'python']),
    )
    .option('--seed <n>', 'seed of all random numbers (default: 0)', wholeNumber())
    .option('--find-lr', 'train nothing: try rising learning rates on some batches, and suggest one')
    .option(
      '--cache <MB>',
      'memory for decoded pictures, which need not be decoded again; half of what is free beside the step at most',
      wholeNumber(),
      2000,
    )
    .option('--resume', 'go on from the last checkpoint in the run folder')
    .option('--force', 'resume even with other values or data than the run was started with')
    .option('--json', 'print JSON lines: one an epoch, and one at the end')
    .action(async (folder: string, flags: TrainFlags, command: Command) => {
      const [{ trainFolder }, { recipes }] = await Promise.all([
        import('./train-folder.js'),
        import('../train/index.js'),
      ])
      const {
        recipe: name,
        lr,
        model,
        imageSize,
        inChannels,
        output,
        val,
        valSplit,
        split = name === 'wzm' ? 'python' : 'seeded',
        findLr,
        cache,
        resume,
        force,
        json,
        ...rest
      } = flags
      const recipe: Recipe = { ...recipes[name], ...rest, ...(lr && { learningRate: lr }) }
      const given = new Set(Object.keys(flags).filter((key) => command.getOptionValueSource(key) === 'cli'))
      const contradiction = findContradiction({ recipeName: name, recipe, given })
      if (contradiction) command.error(`error: ${contradiction}`)
      await trainFolder(folder, recipe, {
        model,
        probe: name === 'linear-probe',
        config: {
          ...(imageSize && { imageSize }),
          ...(inChannels && { inChannels: Number(inChannels) }),
          ...(name === 'paddle' && { head: 'mlp' }),
        },
        valSplit,
        split,
        findLr: findLr ?? false,
        cache,
        resume: resume ?? false,
        force: force ?? false,
        json: json ?? false,
        ...(val && { val }),
        ...(output && { output }),
      })
    })
}
