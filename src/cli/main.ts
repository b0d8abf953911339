#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { Command, CommanderError } from 'commander'
import { convertCommand } from './convert.js'
import { demoCommand } from './demo.js'
import { fail, say } from './errors.js'
import { evaluateCommand } from './evaluate.js'
import { exportCommand } from './export.js'
import { inspectCommand } from './inspect.js'
import { modelsCommand } from './models.js'
import { optimizeCommand } from './optimize.js'
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
  .addCommand(inspectCommand())
  .addCommand(optimizeCommand())
  .addCommand(exportCommand())
  .addCommand(convertCommand())
  .addCommand(modelsCommand())
  .addCommand(demoCommand())

for (const command of [program, ...program.commands])
  command.exitOverride().configureOutput({ outputError: (text) => say(usageSentence(text, command)) })

/** Commander's message, which may be two sentences or lines, as one, with the place to read on. */
function usageSentence(text: string, command: Command): string {
  const sentence = text.trim().replace(/\.$/, '').replaceAll('\n', ' ').replaceAll('. ', ': ')
  const name = command === program ? 'vitrine' : `vitrine ${command.name()}`
  return `${sentence}; see ${name} --help`
}

// `--verbose` may stand anywhere on the line, so it is taken out before the commands look at their own options.
const verbose = process.argv.includes('--verbose')

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  // Piping into `head` closes standard output early: that is no error, but nobody listens any more.
  if (error.code === 'EPIPE') process.exit()
  say(`error: cannot write to standard output (${error.code}): choose another place for it`)
  process.exit(1)
})
process.stderr.on('error', () => {})
process.on('uncaughtException', (error) => {
  fail(error, verbose)
  process.exit()
})

try {
  await program.parseAsync(process.argv.filter((argument) => argument !== '--verbose'))
} catch (error) {
  // Commander has printed its own message; code 2 is for wrong usage.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2
  else fail(error, verbose)
}
