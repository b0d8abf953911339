import { Command, Option } from 'commander'
import { wholeNumber } from './options.js'

interface SummaryFlags {
  style: 'vitrine' | 'paddle' | 'torch'
  numClasses?: number
  head?: 'linear' | 'mlp'
  json?: boolean
}

/** `vitrine summary <model>`: the layers of a model, their shapes and sizes. */
export function summaryCommand(): Command {
  return new Command('summary')
    .description('print the layers of a model with shapes, parameters and cost')
    .argument('<model>', 'a preset such as vit_base_patch16_224, a model folder, or hf:owner/name')
    .addOption(
      new Option('--style <style>', 'the layout of the table: ours, that of paddle.summary or that of torchsummary')
        .choices(['vitrine', 'paddle', 'torch'])
        .default('vitrine')
        .conflicts('json'),
    )
    .option('--num-classes <n>', 'classes that the head tells apart', wholeNumber(1))
    .addOption(new Option('--head <kind>', 'one linear layer, or two').choices(['linear', 'mlp']))
    .option('--json', 'print the table as JSON')
    .action(async (model: string, { style, numClasses, head, json }: SummaryFlags) => {
      const [
        { formatSummary, paddleTable, summarize, torchTable },
        { loadModelConfig },
        { change },
        { nodeFiles },
        { inlineRuntime },
        { resolveModel },
      ] = await Promise.all([
        import('../inspect/index.js'),
        import('../pipeline/index.js'),
        import('./change-model.js'),
        import('../runtime/node/files.js'),
        import('../runtime/node/runtime.js'),
        import('./model-reference.js'),
      ])
      const config = await loadModelConfig(nodeFiles, await resolveModel(model), { runtime: inlineRuntime })
      const vit = change(config, { ...(numClasses && { numClasses }), ...(head && { head }) })
      const tables = { vitrine: () => `${formatSummary(summarize(vit))}\n`, paddle: paddleTable, torch: torchTable }
      process.stdout.write(json ? `${JSON.stringify(summarize(vit))}\n` : tables[style](vit))
    })
}
