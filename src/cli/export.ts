import { Command, InvalidArgumentError } from 'commander'
import type { ExportFlags } from './export-model.js'
import { wholeNumber } from './options.js'

function opset(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 11 || value > 22)
    throw new InvalidArgumentError('give an opset from 11 to 22.')
  return value
}

/** `vitrine export <model>`: one ONNX file for any runtime. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a model as an ONNX file')
    .argument('<model>', 'a run folder, a model folder, a preset, or hf:owner/name')
    .requiredOption('--output <path>', 'the .onnx file to write, or the folder for --training')
    .option('--opset <n>', 'the version of the ONNX operators, 11 to 22', opset, 20)
    .option(
      '--batch <n>',
      'pictures at once: a number, or dynamic',
      (text) => (text === 'dynamic' ? text : wholeNumber(1)(text)),
      'dynamic',
    )
    .option('--preprocessing', 'take pictures as they are, uint8 [height, width, 3], and prepare them in the graph')
    .option('--training', 'write the training step: graphs that train with nothing but ONNX Runtime')
    .option('--json', 'print {"file", "bytes", "opset", "inputs", "outputs"}')
    .action(async (model: string, flags: ExportFlags, command: Command) => {
      const { preprocessing, training, output, opset, batch } = flags
      if (training && preprocessing)
        command.error('error: --training takes prepared pictures: leave --preprocessing out')
      if (training) {
        const { exportTraining } = await import('./export-training.js')
        return exportTraining(model, { ...flags, batch: batch === 'dynamic' ? 16 : batch })
      }
      if (!output.endsWith('.onnx'))
        command.error(`error: option '--output <path>' argument '${output}' is invalid: name a file that ends in .onnx`)
      if (preprocessing && opset < 12)
        command.error(
          `error: --preprocessing needs --opset 12 or newer, not ${opset}, which cannot compare whole numbers`,
        )
      if (preprocessing && batch !== 'dynamic' && batch !== 1)
        command.error(`error: --preprocessing takes one picture at a time, so leave --batch ${batch} out`)
      const { exportModel } = await import('./export-model.js')
      await exportModel(model, flags)
    })
}
