import { fork } from 'node:child_process'
import { parseArgs } from 'node:util'
import { root } from './lib/shared.mjs'
import { printHead, printRow } from './lib/table.mjs'

/** Measures the project's figures and prints them as a table, row by row: `npm run bench -- [--quick] [--only NAME]`. */

const names = [
  'golden',
  'imagenet',
  'gradients',
  'imported',
  'rules',
  'export',
  'cold',
  'step',
  'eventloop',
  'demo',
  'train',
]
/** What `--quick` leaves out: minutes of training. */
const long = ['train']

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
})
const unknown = flags.only?.find((name) => !names.includes(name))
if (unknown) {
  console.error(`--only ${unknown} names no figure: choose from ${names.join(', ')}`)
  process.exit(2)
}

printHead()
const chosen = flags.only ?? names.filter((name) => !flags.quick || !long.includes(name))
let short = 0
for (const name of chosen) short += await measure(name)
if (short > 0) process.exitCode = 1

/** Prints the rows of one figure and returns how many fall short. Each has a process to itself: none slows another. */
async function measure(name) {
  const child = fork(new URL('./lib/measure.mjs', import.meta.url), [name], { cwd: root })
  let short = 0
  const print = (row) => {
    printRow(name, row)
    if (row.ok === false) short++
  }
  child.on('message', print)
  const code = await new Promise((resolve) => child.on('close', resolve))
  if (code !== 0) print({ figure: 'could not be measured: see the error above', ok: false })
  return short
}
