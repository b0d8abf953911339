import { Command } from 'commander'
import { wholeNumber } from './options.js'

/** `vitrine evaluate <model> <folder>`: how often is the model right? */
export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('judge a model on a folder with one folder of pictures a class')
    .argument('<model>', 'a run folder, an .onnx file, a model folder, or hf:owner/name')
    .argument('<folder>', 'pictures as <folder>/<class>/<picture>')
    .option('--batch-size <n>', 'pictures that go through the model together', wholeNumber(1), 16)
    .option(
      '--json',
      'print {"count", "accuracy", "top5", "loss", "perClass", "confusion", "calibration", ...} as JSON',
    )
    .action(async (model: string, folder: string, flags: { batchSize: number; json?: boolean }) => {
      const { evaluateFolder } = await import('./evaluate-folder.js')
      await evaluateFolder(model, folder, flags)
    })
}
