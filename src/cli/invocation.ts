import { basename, relative } from 'node:path'

/** How vitrine was called: what a command that the user can paste begins with. */
export function invocation(): string {
  const script = process.argv[1] ?? ''
  if (basename(script) !== 'vitrine') return `node ${quote(relative('', script))}`
  return process.env.npm_command === 'exec' ? 'npx vitrine' : 'vitrine'
}

/** The command at hand, with flags added that it does not have yet. */
export function thisCommand(...flags: string[]): string {
  const words = process.argv.slice(2)
  return [invocation(), ...[...words, ...flags.filter((flag) => !words.includes(flag))].map(quote)].join(' ')
}

/** A word as a POSIX shell takes it literally. */
export function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
