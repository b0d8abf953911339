import type { Graph } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import { countOps } from '../compare/facts.js'
import { integer } from '../format-summary.js'
import { applyPasses } from '../optimize/apply.js'
import { cleaning } from '../optimize/plan.js'
import { formatTable, type TextOptions } from './text-table.js'

/** How often each operator occurs, by how much of the clutter of exporters is gone. */
export interface OperatorCounts {
  /** As it is. */
  file: Readonly<Record<string, number>>
  /** With all that follows from constants and known shapes computed, and nothing fused. */
  folded: Readonly<Record<string, number>>
  /** As `vitrine optimize` would leave it. */
  fused: Readonly<Record<string, number>>
}

/** Counts operators before and after folding. Constants are computed by the runtime, so that weights are read. */
export async function countOperators(graph: Graph, runtime: Runtime): Promise<OperatorCounts> {
  const names = new Set(cleaning.map(({ name }) => name))
  const { graph: fused, steps } = await applyPasses(graph, {}, runtime, new Set())
  const end = steps.findIndex(({ name }) => !names.has(name))
  const folded = (end < 0 ? steps : steps.slice(0, end)).at(-1)?.after ?? graph
  return { file: counts(graph), folded: counts(folded), fused: counts(fused) }
}

const counts = (graph: Graph) => Object.fromEntries(countOps(graph))

const total = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((sum, count) => sum + count, 0)

/** The counts as a table, the most frequent operator of the file first, and what they come to. */
export function formatOperators({ file, folded, fused }: OperatorCounts, options: TextOptions = {}): string {
  const columns = [file, folded, fused]
  const ops = [...new Set(columns.flatMap((counts) => Object.keys(counts)))]
  const sorted = ops.sort(
    (a, b) => (file[b] ?? 0) - (file[a] ?? 0) || (folded[b] ?? 0) - (folded[a] ?? 0) || (a < b ? -1 : 1),
  )
  const rows = sorted.map((op) => ({
    cells: [op, ...columns.map((counts) => (counts[op] ? integer(counts[op]) : ''))],
  }))
  const sums = { cells: ['all', ...columns.map((counts) => integer(total(counts)))], look: 'bold' as const }
  const lines = formatTable(
    [
      { title: 'operator', align: 'left' },
      { title: 'in the file', align: 'right' },
      { title: 'folded', align: 'right' },
      { title: 'fused', align: 'right' },
    ],
    [...rows, sums],
    options,
  )
  const [before, after] = [total(file), total(fused)]
  const hint = after < before ? [`vitrine optimize would leave ${integer(after)} of ${integer(before)} nodes`] : []
  return `${[...lines, ...hint.flatMap((line) => ['', line])].join('\n')}\n`
}
