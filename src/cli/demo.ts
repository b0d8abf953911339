import { Command } from 'commander'
import { wholeNumber } from './options.js'

/** `vitrine demo`: everything once, on pictures it draws itself. */
export function demoCommand(): Command {
  return new Command('demo')
    .description('draw flowers, train a small Vision Transformer on them, export it and use it')
    .option('--output <folder>', 'where to put pictures, model and report; an earlier demo there is replaced', 'demo')
    .option('--seed <n>', 'seed of drawings and training', wholeNumber(), 0)
    .action(async (flags: { output: string; seed: number }) => {
      const { runDemo } = await import('./run-demo.js')
      await runDemo(flags)
    })
}
