import { parseArgs } from 'node:util'
import { runFigures } from './lib/run-figures.mjs'

/** Measures the project's figures and prints them as a table, row by row: `npm run bench -- [--quick] [--only NAME]`. */

const names = [
  'golden',
  'imagenet',
  'gradients',
  'imported',
  'understood',
  'roundtrip',
  'large-model',
  'broken',
  'model-page',
  'optimize',
  'rules',
  'export',
  'cold',
  'step',
  'memory',
  'pytorch',
  'checkpointing',
  'epoch',
  'inference',
  'labels',
  'eventloop',
  'demo',
  'train',
  'recipes',
  'wzm',
]
/** What `--quick` leaves out: minutes of training. */
const long = ['train', 'recipes', 'pytorch', 'checkpointing', 'wzm', 'epoch']

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, only: { type: 'string', multiple: true } },
})
const unknown = flags.only?.find((name) => !names.includes(name))
if (unknown) {
  console.error(`--only ${unknown} names no figure: choose from ${names.join(', ')}`)
  process.exit(2)
}

const { short } = await runFigures(flags.only ?? names.filter((name) => !flags.quick || !long.includes(name)))
if (short > 0) process.exitCode = 1
