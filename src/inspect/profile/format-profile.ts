import { formatFacts, formatTable, type TableRow, type TextOptions } from '../inspection/text-table.js'
import type { Part } from '../part.js'
import type { Profile } from './profile.js'

const columns = [
  { title: 'part', align: 'left', isElastic: true },
  { title: 'ms', align: 'right' },
  { title: 'share', align: 'right' },
] as const

/** What a profile was measured with. */
export interface ProfileConditions {
  threads: number
  /** Numbers for the symbols in the shapes of the inputs. */
  sizes: Readonly<Record<string, number>>
}

/** Where the time of a run goes: by stage and layer, by what is in the layers, and by operator. */
export function formatProfile(
  profile: Profile,
  stages: readonly Part[],
  { threads, sizes }: ProfileConditions,
  options: TextOptions = {},
): string {
  const { microseconds, runs, attributed, kernels } = profile
  const time = new Times(profile)
  const of = Object.entries(sizes).map(([symbol, size]) => `${symbol} ${size}`)
  const facts = [
    [
      'time',
      `${time.text(microseconds)} ms a run on ${threads} threads, the middle half of ${runs} runs${of.length > 0 ? `, for ${of.join(', ')}` : ''}`,
    ],
    [
      'how',
      `by ONNX Runtime's own profiler, with all its optimizations; ${percent(attributed)} of the time is put down to nodes of the file`,
    ],
  ] as const
  const layers = allOf(stages).filter(({ kind }) => kind === 'encoderLayer')
  const inLayers = sumByRole(layers, time)
  const kernelRows = kernels.slice(0, 12).map(({ op, count, microseconds }) => ({
    cells: [op, String(count), time.text(microseconds), time.share(microseconds)],
  }))
  const blocks = [
    formatFacts(facts, options),
    formatTable(
      columns,
      stages.flatMap((stage) => stageRows(stage, time)),
      options,
    ),
    inLayers.length > 0
      ? formatTable([{ ...columns[0], title: 'in all layers' }, columns[1], columns[2]], inLayers, options)
      : [],
    formatTable(
      [
        { title: 'operator, as it was run', align: 'left' },
        { title: 'kernels', align: 'right' },
        columns[1],
        columns[2],
      ],
      kernelRows,
      options,
    ),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

/** Times of parts. */
class Times {
  constructor(private readonly profile: Profile) {}

  of(part: Part): number {
    return part.nodes.reduce((sum, node) => sum + (this.profile.nodes.get(node) ?? 0), 0)
  }

  /** Milliseconds, with as many digits as a run of this length deserves. */
  text(microseconds: number): string {
    return (microseconds / 1000).toFixed(this.profile.microseconds < 1e4 ? 3 : 2)
  }

  share(microseconds: number): string {
    return percent(this.profile.microseconds > 0 ? microseconds / this.profile.microseconds : 0)
  }

  row(name: string, microseconds: number): TableRow {
    return { cells: [name, this.text(microseconds), this.share(microseconds)] }
  }
}

function stageRows(stage: Part, time: Times): TableRow[] {
  const inside = stage.parts.filter(({ kind }) => kind === 'encoderLayer')
  return [
    { ...time.row(stage.name, time.of(stage)), look: 'bold' },
    ...inside.map((layer) => time.row(`  ${layer.name}`, time.of(layer))),
  ]
}

/** What the parts of layers take together, without those inside them, by their names in their layer; the longest first. */
function sumByRole(layers: readonly Part[], time: Times): TableRow[] {
  const sums = new Map<string, number>()
  for (const layer of layers)
    for (const part of allOf(layer.parts)) {
      const inside = part.parts.reduce((sum, inner) => sum + time.of(inner), 0)
      const role =
        part.kind === 'shapeArithmetic' ? '(sizes)' : part.name.replace(`${layer.name}.`, '').replace(/_\d+$/, '')
      sums.set(role, (sums.get(role) ?? 0) + time.of(part) - inside)
    }
  const rows = [...sums].sort(([, a], [, b]) => b - a)
  return rows
    .filter(([, microseconds]) => microseconds > 0.5)
    .map(([role, microseconds]) => time.row(role, microseconds))
}

const allOf = (parts: readonly Part[]): Part[] => parts.flatMap((part) => [part, ...allOf(part.parts)])

const percent = (share: number) => `${(100 * share).toFixed(1)} %`
