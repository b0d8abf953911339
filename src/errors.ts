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

/** The text as one line of a length that can be read: names out of a file may have any characters, and a million of them. */
export function oneLine(text: string): string {
  const line = text.replace(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`)
  return line.length > 1000 ? `${line.slice(0, 700)} … ${line.slice(-200)}` : line
}
