import { Command, InvalidArgumentError, Option } from 'commander'
import type { OptimizeFlags } from './optimize-file.js'

const newest = 23

function opset(text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 7 || value > newest)
    throw new InvalidArgumentError(`give an opset from that of the model to ${newest}.`)
  return value
}

/** `vitrine optimize <model>`: the same model in fewer nodes. */
export function optimizeCommand(): Command {
  return new Command('optimize')
    .description('write an ONNX file anew in fewer and faster nodes, and check that it computes the same')
    .argument('<model>', 'an .onnx file, or a folder with onnx/model.onnx')
    .requiredOption('--output <path>', 'the .onnx file to write')
    .addOption(new Option('--runtime <name>', 'use operators that only this runtime has').choices(['onnxruntime']))
    .option('--attention', 'use the Attention operator of opset 23, which few runtimes have yet')
    .option('--fp16', 'store weights as float16, half the size; computation stays float32')
    .option('--opset <n>', `write this version of the ONNX operators, up to ${newest}`, opset)
    .option('--images <folder>', 'compare results on these pictures too, besides random inputs')
    .option('--json', 'print the report as JSON')
    .action(async (model: string, flags: OptimizeFlags, command: Command) => {
      if (!flags.output.endsWith('.onnx'))
        command.error(
          `error: option '--output <path>' argument '${flags.output}' is invalid: name a file that ends in .onnx`,
        )
      if (flags.attention && flags.runtime)
        command.error('error: --runtime onnxruntime has a faster operator for attention: leave --attention out')
      if (flags.attention && flags.opset !== undefined && flags.opset < newest)
        command.error(`error: --attention needs --opset ${newest}, not ${flags.opset}`)
      const { optimizeFile } = await import('./optimize-file.js')
      await optimizeFile(model, flags)
    })
}
