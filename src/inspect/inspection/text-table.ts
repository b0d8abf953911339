/** How text is made to stand out; the plain one leaves it as it is. */
export interface TextStyle {
  bold(text: string): string
  dim(text: string): string
}

export const plainText: TextStyle = { bold: (text) => text, dim: (text) => text }

/** Where text is printed. */
export interface TextOptions {
  /** Columns of the terminal; 80 by default. */
  width?: number | undefined
  style?: TextStyle | undefined
}

export interface Column {
  title: string
  align: 'left' | 'right'
  /** Gives way where the terminal is narrow: its texts are cut between words. */
  isElastic?: boolean
}

/** A text, or a long and a short one of which the long one is taken where it fits. */
export type Cell = string | readonly [long: string, short: string]

/** A line of a table; `look` is for the whole of it. */
export interface TableRow {
  cells: readonly Cell[]
  look?: 'bold' | 'dim'
}

const gap = '  '
const narrowest = 8

/** Rows as aligned lines under a header; a column whose cells are all empty is left out. */
export function formatTable(
  columns: readonly Column[],
  rows: readonly TableRow[],
  { width = 80, style = plainText }: TextOptions = {},
): string[] {
  const widths = columns.map((_, i) => Math.max(0, ...rows.map(({ cells }) => longOf(cells[i]!).length)))
  const used = columns.map((_, i) => i).filter((i) => widths[i]! > 0)
  for (const i of used) widths[i] = Math.max(widths[i]!, columns[i]!.title.length)
  shrink(
    widths,
    used.filter((i) => columns[i]!.isElastic),
    width - sum(used.map((i) => widths[i]!)) - gap.length * (used.length - 1),
  )
  const line = (cells: readonly Cell[]) =>
    used
      .map((i) => {
        const text = fit(cells[i]!, columns[i]!.isElastic ? widths[i]! : Number.POSITIVE_INFINITY)
        return columns[i]!.align === 'left' ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
      })
      .join(gap)
      .trimEnd()
  const header = style.dim(line(columns.map(({ title }) => title)))
  return [header, ...rows.map(({ cells, look }) => (look ? style[look](line(cells)) : line(cells)))]
}

const longOf = (cell: Cell): string => (typeof cell === 'string' ? cell : cell[0])

function fit(cell: Cell, width: number): string {
  if (typeof cell === 'string') return shorten(cell, width)
  return cell[0].length <= width ? cell[0] : shorten(cell[1], width)
}

/** Takes from the widest of the elastic columns what is missing: `room` is negative then. */
function shrink(widths: number[], elastic: readonly number[], room: number): void {
  for (let missing = -room; missing > 0; missing--) {
    const widest = elastic.reduce((most, i) => (widths[i]! > widths[most]! ? i : most), elastic[0] ?? -1)
    if (!(widths[widest]! > narrowest)) return
    widths[widest]!--
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0)

/** Text that fits, cut between words where there are some. */
export function shorten(text: string, width: number): string {
  if (text.length <= width) return text
  const cut = text.slice(0, width - 1)
  const end = cut.lastIndexOf(' ')
  return `${end > width / 3 ? cut.slice(0, end + 1) : cut}…`
}

/** Labels and texts as two columns; long texts go on in further lines. */
export function formatFacts(facts: readonly (readonly [label: string, text: string])[], options: TextOptions = {}) {
  const { width = 80, style = plainText } = options
  const indent = Math.max(0, ...facts.map(([label]) => label.length)) + gap.length
  return facts.flatMap(([label, text]) =>
    wrap(text, Math.max(width - indent, 20)).map((line, i) =>
      i === 0 ? style.dim(label.padEnd(indent)) + line : ' '.repeat(indent) + line,
    ),
  )
}

/** Text in lines of at most `width` characters, broken between words. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
