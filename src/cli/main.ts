#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { demoCommand } from './demo.js'
import { fail } from './errors.js'
import { evaluateCommand } from './evaluate.js'
import { exportCommand } from './export.js'
import { predictCommand } from './predict.js'
import { summaryCommand } from './summary.js'
import { trainCommand } from './train.js'

/** The command line. Each command's file parses and prints; what it does is loaded only when it runs. */

const { version, description } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))

const program = new Command('vitrine')
  .description(description)
  .version(version)
  .option('--verbose', 'print the stack trace of an error')
  .addCommand(trainCommand())
  .addCommand(predictCommand())
  .addCommand(evaluateCommand())
  .addCommand(summaryCommand())
  .addCommand(exportCommand())
  .addCommand(demoCommand())

for (const command of [program, ...program.commands]) command.exitOverride()

// Piping into `head` closes standard output early; that is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1))

// `--verbose` may stand anywhere on the line, so it is taken out before the commands look at their own options.
const verbose = process.argv.includes('--verbose')

try {
  await program.parseAsync(process.argv.filter((argument) => argument !== '--verbose'))
} catch (error) {
  // Commander has printed its own message; code 2 is for wrong usage.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else fail(error, verbose)
}
