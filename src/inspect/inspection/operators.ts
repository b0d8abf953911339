import { elementCount, formatShape } from '../../onnx/index.js'
import { integer, scaled } from '../format-summary.js'
import type { InspectedNode, Inspection } from './inspection.js'
import { formatTable, type TextOptions } from './text-table.js'

/** All nodes of one operator. */
export interface OperatorSum {
  /** With its domain, where that is not the default one: `com.microsoft.Gelu`. */
  op: string
  count: number
  parameters: number
  /** Of the nodes that they are known of. */
  macs: number
}

/** How often each operator occurs and what it costs; the one with the most work first, then the most frequent. */
export function sumByOperator(nodes: readonly InspectedNode[]): OperatorSum[] {
  const sums = new Map<string, OperatorSum>()
  for (const { op: name, domain, parameters, macs } of nodes) {
    const op = domain ? `${domain}.${name}` : name
    const sum = sums.get(op) ?? { op, count: 0, parameters: 0, macs: 0 }
    sums.set(op, { op, count: sum.count + 1, parameters: sum.parameters + parameters, macs: sum.macs + (macs ?? 0) })
  }
  return [...sums.values()].sort((a, b) => b.macs - a.macs || b.count - a.count || (a.op < b.op ? -1 : 1))
}

const mostRows = 12

/** Where the work of a model is, by operator. */
export function formatHeaviestOps({ nodes }: Inspection, options: TextOptions = {}): string[] {
  const sums = sumByOperator(nodes)
  const total = sums.reduce((sum, { macs }) => sum + macs, 0)
  const rows = sums.slice(0, mostRows).map(({ op, count, parameters, macs }) => ({
    cells: [
      op,
      integer(count),
      parameters > 0 ? integer(parameters) : '',
      macs > 0 ? scaled(macs) : '',
      macs > 0 ? `${((100 * macs) / total).toFixed(1)} %` : '',
    ],
  }))
  const rest = sums.slice(mostRows)
  const others = rest.reduce((sum, { count }) => sum + count, 0)
  if (rest.length > 0) rows.push({ cells: [`${rest.length} others`, integer(others), '', '', ''] })
  return formatTable(
    [
      { title: 'operator', align: 'left' },
      { title: 'nodes', align: 'right' },
      { title: 'parameters', align: 'right' },
      { title: 'MACs', align: 'right' },
      { title: 'share', align: 'right' },
    ],
    rows,
    options,
  )
}

const mostWeights = 8

/** The constants with the most elements, and the operators that use them. */
export function formatLargestWeights({ constants, nodes }: Inspection, options: TextOptions = {}): string[] {
  const users = new Map<string, string>()
  for (const { inputs, op } of nodes) for (const input of inputs) if (!users.has(input)) users.set(input, op)
  const sizeOf = (shape: readonly unknown[] = []) => elementCount(shape.map(Number))
  const rows = constants
    .toSorted((a, b) => sizeOf(b.shape) - sizeOf(a.shape))
    .slice(0, mostWeights)
    .map(({ name, dtype = '', shape = [] }) => ({
      cells: [name, users.get(name) ?? '', `${dtype}${formatShape(shape)}`, integer(sizeOf(shape))],
    }))
  if (rows.length === 0) return []
  return formatTable(
    [
      { title: 'largest constants', align: 'left', isElastic: true },
      { title: 'used by', align: 'left' },
      { title: 'shape', align: 'left' },
      { title: 'elements', align: 'right' },
    ],
    rows,
    options,
  )
}
