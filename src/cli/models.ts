import { Command } from 'commander'

/** `vitrine models [name]`: the presets, with what they cost. */
export function modelsCommand(): Command {
  return new Command('models')
    .description('list the models that presets are named after: parameters, cost, input size, licence of their weights')
    .argument('[name]', 'only those whose name holds this text, such as dinov2')
    .option('--json', 'print the list as JSON')
    .action(async (name: string | undefined, { json }: { json?: boolean }) => {
      const { listModels } = await import('./list-models.js')
      listModels(name ?? '', json === true)
    })
}
