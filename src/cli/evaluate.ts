import { Command } from 'commander'
import type { EvaluateFlags } from './evaluate-folder.js'
import { wholeNumber } from './options.js'

/** `vitrine evaluate <model> <folder>`: how often is the model right? */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('judge a model on labelled pictures')
    .argument('<model>', 'a run folder, an .onnx file, a model folder, or hf:owner/name')
    .argument(
      '<data>',
      'pictures as <folder>/<class>/<picture>, or the validation part of a folder with train/ and val/ or of a manifest',
    )
    .option('--batch-size <n>', 'pictures that go through the model together', wholeNumber(1), 16)
    .option('--flip', 'average the probabilities of each picture and its mirror image: better, in twice the time')
    .option(
      '--json',
      'print {"count", "accuracy", "top5", "loss", "perClass", "confusion", "calibration", ...} as JSON',
    )
    .action(async (model: string, folder: string, flags: EvaluateFlags) => {
      const { evaluateFolder } = await import('./evaluate-folder.js')
      await evaluateFolder(model, folder, flags)
    })
}
