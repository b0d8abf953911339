import { oneLine, UserError } from '../errors.js'

/** The user pressed Ctrl-C; the message says how to go on. */
export class Stopped extends Error {
  override name = 'Stopped'
}

/** Prints an error as one sentence on standard error and sets the exit code: 130 after Ctrl-C, else 1. */
export function fail(error: unknown, verbose = false) {
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof Stopped) {
    process.exitCode = 130
    return say(message)
  }
  process.exitCode = 1
  say(`error: ${message}`)
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  else if (!(error instanceof UserError))
    say('this looks like a bug in vitrine: run again with --verbose to see where it comes from')
}

/** Prints a line on standard error. It stays one line, whatever characters a file name in it has. */
export function say(line: string) {
  process.stderr.write(`${oneLine(line)}\n`)
}
