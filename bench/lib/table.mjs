const widths = [10, 62, 12, 12]

const line = (cells) => cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' ')

export function printHead() {
  console.log(line(['name', 'figure', 'required', 'measured', '']).trimEnd())
  console.log(widths.map((width) => '-'.repeat(width)).join(' '))
}

/** A row without `ok` only informs. */
export function printRow(name, { figure, required = '', measured = '', ok }) {
  const verdict = ok === undefined ? '' : ok ? 'ok' : 'SHORT'
  console.log(line([name, figure, required, measured, verdict]).trimEnd())
}
