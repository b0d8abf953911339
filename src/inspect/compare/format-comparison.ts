import { abridge } from '../../errors.js'
import { formatShape } from '../../onnx/index.js'
import { counted } from '../inspection/architecture.js'
import { formatFacts, formatTable, plainText, type TableRow, type TextOptions } from '../inspection/text-table.js'
import {
  type Comparison,
  deviation,
  type NumericDifference,
  type PartDifference,
  type ResultsComparison,
  type WeightsComparison,
} from './comparison.js'

/** The most rows of a table; `--json` has all. */
const mostRows = 20

/** A comparison as text: a verdict, then what differs, by kind. */
export function formatComparison(comparison: Comparison, options: TextOptions = {}): string {
  const { style = plainText } = options
  const { names, facts, parts, weights, ops, results, notes } = comparison
  const section = (title: string, lines: readonly string[]) => (lines.length > 0 ? [style.bold(title), ...lines] : [])
  const blocks = [
    formatFacts([['a', names.a], ['b', names.b], ...verdict(comparison)], options),
    section(
      'file',
      facts.length > 0
        ? formatTriples(
            facts.map(({ what, a, b }) => [what, a, b]),
            options,
          )
        : [],
    ),
    section('structure', formatParts(parts, options)),
    section('operators', ops.length > 0 ? formatOps(ops, options) : []),
    section('weights', formatWeights(weights, options)),
    results ? section('results', formatResults(results, options)) : [],
    formatFacts(
      notes.map((note) => ['note', note] as const),
      options,
    ),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** What matters most, each in a line. */
function verdict({ parts, weights, results }: Comparison): [string, string][] {
  const { compared, equal, different, quantized, onlyA, onlyB } = weights
  const worst = different[0]
  const lines: [string, string][] = [
    [
      'structure',
      parts.length === 0 ? 'the same parts, written alike' : counted(groupParts(parts).length, 'difference'),
    ],
    [
      'weights',
      [
        `${equal.toLocaleString('en-US')} of ${compared.toLocaleString('en-US')} are equal`,
        worst && `others differ by up to ${short(worst.relative)} of their largest value`,
        quantized.length > 0 && `${quantized.length} are quantized in one`,
        onlyA.length > 0 && `${onlyA.length} only in a`,
        onlyB.length > 0 && `${onlyB.length} only in b`,
      ]
        .filter(Boolean)
        .join(', '),
    ],
  ]
  if (results) lines.push(['results', resultVerdict(results)])
  return lines
}

function resultVerdict({ outputs, firstDeviation }: ResultsComparison): string {
  const worst = outputs.reduce((most, { relative }) => Math.max(most, relative), 0)
  const how = worst === 0 ? 'equal to the last bit' : `within ${short(worst)} of the largest value`
  const where = firstDeviation ? `; from ${firstDeviation} on they differ by more than ${deviation}` : ''
  return worst === Number.POSITIVE_INFINITY ? `of different shapes${where}` : `${how}${where}`
}

const formatTriples = (rows: readonly (readonly [string, string, string])[], options: TextOptions) =>
  formatTable(
    [
      { title: '', align: 'left' },
      { title: 'a', align: 'left', isElastic: true },
      { title: 'b', align: 'left', isElastic: true },
    ],
    limited(rows.map((cells) => ({ cells }))),
    options,
  )

/** The same difference in several layers, in one row. */
function groupParts(parts: readonly PartDifference[]): (readonly [names: string, a: string, b: string])[] {
  const groups = new Map<string, PartDifference[]>()
  for (const difference of parts) {
    const { name, what, a, b } = difference
    const key = JSON.stringify([name.replace(/^blocks\.\d+/, 'blocks.*'), what, a, b])
    groups.set(key, [...(groups.get(key) ?? []), difference])
  }
  return [...groups.values()].map((group) => {
    const [{ name, what, a, b }] = group as [PartDifference]
    const names = group.length === 1 ? name : `${name.replace(/^blocks\.\d+/, 'blocks.*')} (${group.length} ×)`
    return [what.startsWith('only') ? `${names}` : `${names}: ${what}`, a, b]
  })
}

const formatParts = (parts: readonly PartDifference[], options: TextOptions) =>
  parts.length > 0 ? formatTriples(groupParts(parts), options) : []

function formatOps(ops: Comparison['ops'], options: TextOptions): string[] {
  const rows = ops.map(({ op, a, b }) => ({ cells: [op, String(a), String(b)] }))
  return formatTable(
    [
      { title: '', align: 'left' },
      { title: 'a', align: 'right' },
      { title: 'b', align: 'right' },
    ],
    rows,
    options,
  )
}

function formatWeights({ different, onlyA, onlyB }: WeightsComparison, options: TextOptions): string[] {
  const rows = different.map(({ name, shapeA, shapeB, ...difference }) => {
    const shapes = [...new Set([formatShape(shapeA), formatShape(shapeB)])].join(' and ')
    return { cells: [name, shapes, ...numbers(difference)] }
  })
  const only: [string, string][] = [
    ['only in a', abridge(onlyA)],
    ['only in b', abridge(onlyB)],
  ]
  return [
    ...(rows.length > 0
      ? formatTable(
          [{ title: '', align: 'left', isElastic: true }, { title: 'shape', align: 'left' }, ...numeric],
          limited(rows),
          options,
        )
      : []),
    ...formatFacts(
      only.filter(([, names]) => names !== ''),
      options,
    ),
  ]
}

function formatResults({ outputs, steps, firstDeviation, within }: ResultsComparison, options: TextOptions): string[] {
  const rowsOf = (list: readonly (NumericDifference & { name: string })[], indent: string): TableRow[] =>
    list.map(({ name, ...difference }) => ({ cells: [indent + name, ...numbers(difference)] }))
  const rows = [
    ...steps.flatMap((step) => [...rowsOf([step], ''), ...(step.name === firstDeviation ? rowsOf(within, '  ') : [])]),
    ...rowsOf(outputs, '').map((row): TableRow => ({ ...row, look: 'bold' })),
  ]
  return formatTable([{ title: '', align: 'left', isElastic: true }, ...numeric], rows, options)
}

const numeric = [
  { title: 'max difference', align: 'right' },
  { title: 'relative', align: 'right' },
] as const

const numbers = ({ absolute, relative }: NumericDifference) =>
  absolute === Number.POSITIVE_INFINITY ? ['–', 'other shape'] : [short(absolute), short(relative)]

/** Two digits, with an exponent where there would be many zeros. */
function short(number: number): string {
  if (number === 0 || (number >= 1e-3 && number < 1e4)) return String(Number(number.toPrecision(2)))
  return number.toExponential(1)
}

function limited(rows: readonly TableRow[]): TableRow[] {
  const more = rows.length - mostRows
  if (more <= 0) return [...rows]
  const empty = rows[0]!.cells.slice(1).map(() => '')
  return [...rows.slice(0, mostRows), { cells: [`and ${more} more`, ...empty], look: 'dim' }]
}
