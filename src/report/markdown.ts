/** Text with the marks of Markdown and HTML made harmless, for a heading, a paragraph or a table cell. */
export function escapeMarkdown(text: string): string {
  return (
    text
      .replace(/\s+/g, ' ')
      .replace(/[\\`*_{}[\]()<>#|~&$@!]/g, '\\$&')
      // GitHub makes links of bare addresses.
      .replaceAll('://', '\\://')
      .replace(/www\./gi, (www) => `${www.slice(0, 3)}\\.`)
  )
}

/** A table; `columns` gives the heads and which of them are numbers. Cells are Markdown already. */
export function markdownTable(
  columns: readonly { head: string; numeric?: boolean }[],
  rows: readonly string[][],
): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const rule = columns.map(({ numeric }) => (numeric ? '---:' : '---'))
  return [line(columns.map(({ head }) => head)), line(rule), ...rows.map(line)].join('\n')
}
