import { Command, Option } from 'commander'
import type { ConvertFlags } from './convert-model.js'
import { wholeNumber } from './options.js'

/** `vitrine convert <model>`: a folder that another library loads. */
export function convertCommand(): Command {
  return new Command('convert')
    .description('write a model as another library loads it')
    .argument('<model>', 'a run folder, a model folder, a file of weights, an .onnx file of a ViT, or hf:owner/name')
    .addOption(
      new Option('--to <library>', 'timm, Hugging Face (transformers and transformers.js) or torchvision')
        .choices(['timm', 'hf', 'torchvision'])
        .makeOptionMandatory(),
    )
    .requiredOption('--output <folder>', 'the folder to write')
    .option('--image-size <n>', 'make the weights fit pictures of n × n pixels', wholeNumber(1))
    .option('--in-channels <n>', 'make the weights fit pictures of n channels', wholeNumber(1))
    .option('--num-heads <n>', 'attention heads, where the file does not tell', wholeNumber(1))
    .addOption(
      new Option('--activation <name>', 'activation of the MLP, where the file does not tell').choices([
        'gelu',
        'geluTanh',
        'quickGelu',
      ]),
    )
    .option('--json', 'print {"output", "to", "architecture", "files", "notices", "report"}')
    .action(async (model: string, flags: ConvertFlags) => {
      const { convert } = await import('./convert-model.js')
      await convert(model, flags)
    })
}
