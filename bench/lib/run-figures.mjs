import { fork } from 'node:child_process'
import { root } from './shared.mjs'
import { printHead, printRow } from './table.mjs'

/**
 * Measures figures, scripts of `figures/` by name, and prints them as a table, row by row. Returns how many rows fall
 * short, those that could not be measured included, and how many figures were skipped.
 */
export async function runFigures(names) {
  const counts = { short: 0, skipped: 0 }
  printHead()
  for (const name of names) await measure(name, counts)
  return counts
}

/** Each figure has a process to itself: none slows another. */
async function measure(name, counts) {
  const child = fork(new URL('./measure.mjs', import.meta.url), [name], { cwd: root })
  const print = (row) => {
    printRow(name, row)
    if (row.ok === false) counts.short++
    if (row.skipped) counts.skipped++
  }
  child.on('message', print)
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) print({ figure: 'could not be measured: see the error above', ok: false })
}
