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

/** A line of a table; `look` is for the whole of it. */
export interface TableRow {
  cells: readonly string[]
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
  const widths = columns.map((_, i) => Math.max(0, ...rows.map(({ cells }) => cells[i]!.length)))
  const used = columns.map((_, i) => i).filter((i) => widths[i]! > 0)
  for (const i of used) widths[i] = Math.max(widths[i]!, columns[i]!.title.length)
  const elastic = used.find((i) => columns[i]!.isElastic)
  if (elastic !== undefined) {
    const others = used.reduce((sum, i) => sum + (i === elastic ? 0 : widths[i]! + gap.length), 0)
    widths[elastic] = Math.min(widths[elastic]!, Math.max(width - others, narrowest))
  }
  const line = (cells: readonly string[]) =>
    used
      .map((i) => {
        const text = i === elastic ? shorten(cells[i]!, widths[i]!) : cells[i]!
        return columns[i]!.align === 'left' ? text.padEnd(widths[i]!) : text.padStart(widths[i]!)
      })
      .join(gap)
      .trimEnd()
  const header = style.dim(line(columns.map(({ title }) => title)))
  return [header, ...rows.map(({ cells, look }) => (look ? style[look](line(cells)) : line(cells)))]
}

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
