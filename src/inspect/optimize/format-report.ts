import { abridge } from '../../errors.js'
import { integer } from '../format-summary.js'
import { formatFacts, formatTable, plainText, type TextOptions, wrap } from '../inspection/text-table.js'
import type { OptimizationReport } from './report.js'

/** Something before and after. */
interface Pair {
  before: number
  after: number
}

/** A report with what was measured of the two files. */
export interface OptimizationOutcome extends OptimizationReport {
  file: string
  output: string
  bytes: Pair
  /** Medians; `inputs` says what the models were run on. */
  milliseconds: { load: Pair; run: Pair; inputs: string }
}

/** What was done, and what it gave, as text. */
export function formatOptimization(outcome: OptimizationOutcome, options: TextOptions = {}): string {
  const { width = 80, style = plainText } = options
  const { rewrites, leftOut, notes } = outcome
  const list = (label: string, items: readonly string[]) =>
    formatFacts(
      items.map((item) => [label, item] as const),
      options,
    )
  const blocks = [
    wrap(headline(outcome), width).map(style.bold),
    formatTable(
      [
        { title: 'what was done', align: 'left', isElastic: true },
        { title: 'nodes before', align: 'right' },
        { title: 'after', align: 'right' },
      ],
      rewrites.map(({ name, nodesBefore, nodesAfter }) => ({
        cells: [name, integer(nodesBefore), integer(nodesAfter)],
      })),
      options,
    ),
    formatTable(
      [
        { title: '', align: 'left' },
        { title: 'original', align: 'right' },
        { title: 'optimised', align: 'right' },
      ],
      figures(outcome),
      options,
    ),
    differences(outcome, options),
    list(
      'left out',
      leftOut.map(({ name, relative }) => `${name}: it would change the results by ${share(relative)}`),
    ),
    list('note', notes),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function headline({ output, nodes, opset }: OptimizationOutcome): string {
  const version =
    opset.before === opset.after ? `opset ${opset.after}` : `opset ${opset.after} in place of ${opset.before}`
  return `${output}: ${integer(nodes.after)} nodes in place of ${integer(nodes.before)}, ${version}.`
}

function figures({ nodes, bytes, milliseconds: { load, run, inputs } }: OptimizationOutcome) {
  const row = (label: string, { before, after }: Pair, format: (value: number) => string) => ({
    cells: [label, format(before), format(after)],
  })
  return [
    row('nodes', nodes, integer),
    row('file', bytes, (value) => `${(value / 1e6).toFixed(1)} MB`),
    row('to load', load, milliseconds),
    row(`to run, ${inputs}`, run, milliseconds),
  ]
}

const milliseconds = (value: number) => `${value < 100 ? value.toFixed(1) : integer(Math.round(value))} ms`

function differences({ comparisons, largestDifference }: OptimizationOutcome, options: TextOptions): string[] {
  const tried = abridge(comparisons.map(({ inputs }) => inputs))
  return formatFacts(
    [
      [
        'difference',
        `at most ${share(largestDifference.relative)} of the largest output, ${share(largestDifference.absolute)} absolute`,
      ],
      ['tried on', tried],
    ],
    options,
  )
}

const share = (value: number) => (value === 0 ? '0' : value.toExponential(1))
