/**
 * An error the user can act on: one sentence that says which file or flag is wrong, what is wrong, and what to do.
 * The command line prints its message alone; every other error is a bug and keeps its stack trace.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** Names as a list for a message: the first few, and how many more there are. */
export const abridge = (names: readonly string[]): string =>
  names.length > 5 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ')
