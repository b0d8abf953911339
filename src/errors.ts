/**
 * An error the user can act on: one sentence that says which file or flag is wrong, what is wrong, and what to do.
 * The command line prints its message alone; every other error is a bug and keeps its stack trace.
 */
export class UserError extends Error {
  override name = 'UserError'
}
