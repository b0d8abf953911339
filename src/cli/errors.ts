import { UserError } from '../errors.js'

/** Prints an error as one sentence on standard error and sets the exit code. */
export function fail(error: unknown, verbose: boolean) {
  process.exitCode = 1
  const isExpected = error instanceof UserError
  const message = error instanceof Error ? error.message : String(error)
  process.stderr.write(`error: ${message}\n`)
  if (verbose && error instanceof Error) process.stderr.write(`${error.stack}\n`)
  else if (!isExpected)
    process.stderr.write('this looks like a bug in vitrine: run again with --verbose to see where it comes from\n')
}
