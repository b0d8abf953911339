import { Command, Option } from 'commander'
import type { InspectFlags } from './inspect-file.js'
import { wholeNumber } from './options.js'

/** `vitrine inspect <model>`: what is in an ONNX file. */
export function inspectCommand(): Command {
  return new Command('inspect')
    .description('tell what is in an ONNX file: architecture, shapes, cost')
    .argument('<model>', 'an .onnx file, or a folder with onnx/model.onnx')
    .option('--ops', 'count operators, before and after constants are folded')
    .option('--profile', 'measure where the time goes on this machine')
    .addOption(
      new Option(
        '--compare <other>',
        'tell what differs in another .onnx file, in structure, weights and results',
      ).conflicts(['ops', 'profile', 'html']),
    )
    .option('--batch <n>', 'items at once, where the model leaves that open', wholeNumber(1))
    .option('--html <file>', 'write a page to look at')
    .option('--json', 'print all of it as JSON')
    .action(async (model: string, flags: InspectFlags) => {
      const { inspect } = await import('./inspect-file.js')
      await inspect(model, flags)
    })
}
