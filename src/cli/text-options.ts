import type { TextOptions } from '../inspect/inspection/text-table.js'

/** A place in a file has no width: tables there may be wider than a small terminal. */
const widthOfFiles = 100

const ansi = (code: number, end: number) => (text: string) => `\u001b[${code}m${text}\u001b[${end}m`

/** How text looks on standard output: as wide as the terminal, and plain where it is none or NO_COLOR is set. */
export function textOptions(): TextOptions {
  const { isTTY, columns } = process.stdout
  const width = columns ?? (Number(process.env.COLUMNS) || widthOfFiles)
  if (!isTTY || process.env.NO_COLOR || process.env.TERM === 'dumb') return { width }
  return { width, style: { bold: ansi(1, 22), dim: ansi(2, 22) } }
}
