import { bindDim, formatShape, type Shape } from '../../onnx/index.js'
import { integer, scaled } from '../format-summary.js'
import type { PartKind } from '../part.js'
import { counted } from './architecture.js'
import type { InspectedNode, InspectedPart, Inspection } from './inspection.js'
import { type Cell, type Column, formatTable, type TableRow, type TextOptions } from './text-table.js'

const columns: readonly Column[] = [
  { title: 'part', align: 'left' },
  { title: 'ops', align: 'left', isElastic: true },
  { title: 'output shape', align: 'left' },
  { title: 'parameters', align: 'right' },
  { title: 'MACs', align: 'right' },
]

/** What a part is, after its name: operators alone do not tell it. */
const titles: Partial<Record<PartKind, string>> = {
  layerNorm: 'LayerNorm',
  rmsNorm: 'RMSNorm',
  linear: 'Linear',
  gelu: 'GELU',
  silu: 'SiLU',
  swiGlu: 'SwiGLU',
  layerScale: 'LayerScale',
}

/** Many operators that are one operation, all of one shape: they take one row. */
const oneRow: ReadonlySet<PartKind> = new Set([
  'layerNorm',
  'rmsNorm',
  'linear',
  'gelu',
  'silu',
  'activation',
  'softmax',
  'layerScale',
])

/** Parts that only hold others: what is in them stands in their place. */
const transparent: ReadonlySet<PartKind> = new Set(['residual', 'head'])

/**
 * The stages of a model as a table, as one would explain it: what happens to pixels, one encoder layer operation by
 * operation, what happens to tokens in the end. Of equal layers the first is shown; numbers are for a single one.
 */
export function formatStages(inspection: Inspection, options: TextOptions = {}): string[] {
  const rows = inspection.stages.flatMap((stage) => new Rows(inspection, stage).ofStage())
  return formatTable(columns, rows, options)
}

class Rows {
  /** The layers shown in full, by what they consist of. */
  private readonly shown = new Map<string, InspectedPart>()

  constructor(
    private readonly inspection: Inspection,
    private readonly stage: InspectedPart,
  ) {}

  private get nodes(): readonly InspectedNode[] {
    return this.inspection.nodes
  }

  ofStage(): TableRow[] {
    const { stage } = this
    const title = stage.kind === 'other' ? 'graph' : stage.kind
    return [
      { cells: [title, '', ...this.numbers(stage)], look: 'bold' },
      ...this.inside(stage, 1),
      ...this.sizesRow(stage),
    ]
  }

  /** What is in a part: inner parts, and nodes of its own, in the order in which they are done. */
  private inside(part: InspectedPart, depth: number, outer = part.name): TableRow[] {
    const own = this.workOf(part, part.parts)
    const items = [
      ...runsOfEqual(part.parts, (layer) => this.contentOf(layer)).map((run) => ({
        end: this.workOf(run[0]!).at(-1) ?? 0,
        rows: () => this.ofRun(run, depth, outer),
      })),
      ...own.map((i) => ({
        end: i,
        rows: () => [this.ofNode(i, part.kind === 'residual' ? 'residual' : '', depth)],
      })),
    ]
    return items.sort((a, b) => a.end - b.end).flatMap(({ rows }) => rows())
  }

  /** The nodes of a part that do not compute sizes, and are not in one of the given parts inside. */
  private workOf(part: InspectedPart, without: readonly InspectedPart[] = []): number[] {
    const others = new Set([...sizeNodes(part, true), ...without.flatMap(({ nodes }) => nodes)])
    return part.nodes.filter((i) => !others.has(i))
  }

  /** Neighbours that are equal: one is shown, and it is said how many there are. */
  private ofRun(run: readonly InspectedPart[], depth: number, outer: string): TableRow[] {
    const [first, last] = [run[0]!, run.at(-1)!]
    if (first.kind !== 'encoderLayer') return run.flatMap((part) => this.ofPart(part, depth, outer))
    const content = this.contentOf(first)
    const before = this.shown.get(content)
    const names = run.length === 1 ? first.name : `${first.name} – ${last.name.split('.').at(-1)} (${run.length} ×)`
    const title: TableRow = {
      cells: [indent(before ? `${names} as ${before.name}` : names, depth), '', ...this.numbers(first)],
      look: 'bold',
    }
    if (before) return [title]
    this.shown.set(content, first)
    return [title, ...this.inside(first, depth + 1), ...this.sizesRow(first, depth + 1)]
  }

  private ofPart(part: InspectedPart, depth: number, outer: string): TableRow[] {
    if (part.kind === 'shapeArithmetic') return []
    if (transparent.has(part.kind)) return this.inside(part, depth, outer)
    const label = this.labelOf(part, outer)
    const nodes = this.workOf(part)
    if (part.parts.some(({ kind }) => kind !== 'shapeArithmetic'))
      return [
        { cells: [indent(label || part.name, depth), '', ...this.numbers(part)] },
        ...this.inside(part, depth + 1),
      ]
    if (oneRow.has(part.kind) || nodes.length === 1)
      return [{ cells: [indent(label, depth), this.opsOf(nodes), ...this.numbers(part)] }]
    return nodes.map((i, row) => this.ofNode(i, row === 0 ? label : '', depth))
  }

  private ofNode(index: number, label: string, depth: number): TableRow {
    const { op, outputs, parameters, macs } = this.nodes[index]!
    return { cells: [indent(label, depth), op, this.shapeOf(outputs[0]), count(parameters), work(macs)] }
  }

  /** The nodes that compute sizes in one row: among the others they would hide what matters. */
  private sizesRow(part: InspectedPart, depth = 1): TableRow[] {
    const sizes = sizeNodes(part, part.kind !== 'encoder')
    if (sizes.length === 0) return []
    return [{ cells: [indent('(sizes)', depth), counted(sizes.length, 'node'), '', '', ''], look: 'dim' }]
  }

  /** The name within the part around it, and what it is. */
  private labelOf({ name, kind }: InspectedPart, outer: string): string {
    if (kind === 'layout' || kind === 'other') return ''
    const short = name.startsWith(`${outer}.`) ? name.slice(outer.length + 1) : name
    const title = titles[kind]
    return title && title.toLowerCase() !== short.toLowerCase() ? `${short} ${title}` : short
  }

  private numbers({ outputs, parameters, macs }: InspectedPart): string[] {
    return [this.shapeOf(outputs[0]), count(parameters), work(macs)]
  }

  /** The shape with the symbols of the file; sums and quotients of them are too long, and stand as numbers. */
  private shapeOf(value: { shape?: Shape } | undefined): string {
    const { sizes } = this.inspection
    const dims = value?.shape?.map((dim) => (typeof dim === 'string' && /[(+]/.test(dim) ? bindDim(dim, sizes) : dim))
    return dims ? formatShape(dims) : ''
  }

  /** Operators in order, with how often each comes in a row. */
  private opsOf(nodes: readonly number[]): Cell {
    const runs = runsOfEqual(
      nodes.map((i) => this.nodes[i]!.op),
      (op) => op,
    )
    const list = runs.map((run) => (run.length === 1 ? run[0]! : `${run[0]} ×${run.length}`)).join(' ')
    return nodes.length === 1 ? list : [list, `${nodes.length} nodes`]
  }

  /** All that a table shows of a part, save names. */
  private contentOf(part: InspectedPart): string {
    const plain = (part: InspectedPart): unknown => [
      part.kind,
      part.details,
      ...this.numbers(part),
      this.opsOf(this.workOf(part, part.parts)),
      // Where sizes are computed depends on who needs them first.
      part.parts.filter(({ kind }) => kind !== 'shapeArithmetic').map(plain),
    ]
    return JSON.stringify(plain(part))
  }
}

/** The nodes that compute sizes: right in a part, or with `isDeep` anywhere inside. */
function sizeNodes(part: InspectedPart, isDeep: boolean): number[] {
  return part.parts.flatMap((inner) => {
    if (inner.kind === 'shapeArithmetic') return inner.nodes
    return isDeep ? sizeNodes(inner, true) : []
  })
}

/** Neighbours with the same content, together. */
export function runsOfEqual<T>(items: readonly T[], content: (item: T) => string): T[][] {
  const runs: T[][] = []
  let last: string | undefined
  for (const item of items) {
    const now = content(item)
    if (now === last) runs.at(-1)!.push(item)
    else runs.push([item])
    last = now
  }
  return runs
}

const indent = (text: string, depth: number) => (text ? '  '.repeat(depth) + text : '')
const count = (parameters: number) => (parameters > 0 ? integer(parameters) : '')
const work = (macs: number | null) => (macs === null ? '?' : macs > 0 ? scaled(macs) : '')
