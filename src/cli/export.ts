import { Command, InvalidArgumentError } from 'commander'
import type { ExportFlags } from './export-model.js'
import { wholeNumber } from './options.js'

function opset(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 11 || value > 22)
    throw new InvalidArgumentError('give an opset from 11 to 22.')
  return value
}

function onnxFile(path: string): string {
  if (!path.endsWith('.onnx')) throw new InvalidArgumentError('name a file that ends in .onnx.')
  return path
}

/** `vitrine export <model>`: one ONNX file for any runtime. */
export function exportCommand(): Command {
  return new Command('export')
    .description('write a model as an ONNX file')
    .argument('<model>', 'a run folder, a model folder, a preset, or hf:owner/name')
    .requiredOption('--output <file>', 'the .onnx file to write', onnxFile)
    .option('--opset <n>', 'the version of the ONNX operators, 11 to 22', opset, 20)
    .option(
      '--batch <n>',
      'pictures at once: a number, or dynamic',
      (text) => (text === 'dynamic' ? text : wholeNumber(1)(text)),
      'dynamic',
    )
    .option('--preprocessing', 'take pictures as they are, uint8 [height, width, 3], and prepare them in the graph')
    .option('--json', 'print {"file", "bytes", "opset", "inputs", "outputs"}')
    .action(async (model: string, flags: ExportFlags, command: Command) => {
      const { preprocessing, opset, batch } = flags
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
