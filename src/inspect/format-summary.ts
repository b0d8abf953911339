import { elementCount, formatShape } from '../onnx/index.js'
import type { LayerSummary, Summary } from './summary.js'

const header = ['layer', 'output shape', 'parameters', 'share', 'MACs']

/**
 * The layer table as aligned text: a tree of layers, then totals. Of equal layers in a row the first is shown in full,
 * and one line stands for the others and holds their sum. Layers that only act while training, as dropout does, are
 * left out.
 */
export function formatSummary(summary: Summary): string {
  const { model, trainableParameters, weightBytes } = summary
  return `${[
    ...align([header, ...layerRows(model, '', model.parameters)]),
    '',
    `input          ${formatShape(summary.inputShape)}`,
    `parameters     ${integer(model.parameters)}, of which ${integer(trainableParameters)} trainable`,
    `MACs           ${scaled(model.macs)} for one image, matrix products and convolutions only`,
    `weights        ${megabytes(weightBytes)}`,
    `activations    ${megabytes(model.activationBytes)} for one image, if all are kept, as for training`,
  ].join('\n')}\n`
}

/** The rows of a layer and of all inside it; `indent` is what stands before those inside. */
function layerRows(layer: LayerSummary, indent: string, total: number, lead = ''): string[][] {
  type Item = (lead: string, indent: string) => string[][]
  // A leaf's own row says all about its parameters.
  const parameters = (layer.layers.length > 0 ? layer.ownParameters : []).map(({ name, shape }): Item => {
    const size = elementCount(shape)
    return (lead) => [[`${lead}${name} (Parameter)`, formatShape(shape), integer(size), share(size, total), '']]
  })
  const layers = runsOfEqual(layer.layers.filter(({ nodes }) => nodes > 0)).flatMap(([first, ...others]): Item[] => [
    (lead, indent) => layerRows(first!, indent, total, lead),
    ...(others.length > 0 ? [(lead: string) => [repeatedRow(others, total, lead)]] : []),
  ])
  const items = [...parameters, ...layers]
  return [
    [`${lead}${titleOf(layer)}`, ...columns(layer, 1, total)],
    ...items.flatMap((item, i) =>
      i === items.length - 1 ? item(`${indent}└─ `, `${indent}   `) : item(`${indent}├─ `, `${indent}│  `),
    ),
  ]
}

function repeatedRow(layers: readonly LayerSummary[], total: number, lead: string): string[] {
  const [first, last] = [layers[0]!, layers.at(-1)!]
  const names = layers.length === 1 ? `${first.name} (same)` : `${first.name} – ${last.name} (${layers.length} × same)`
  return [`${lead}${names}`, ...columns(first, layers.length, total)]
}

const titleOf = ({ name, className }: LayerSummary) => (name ? `${name} (${className})` : className)

function columns({ outputShape, parameters, macs }: LayerSummary, times: number, total: number): string[] {
  return [
    formatShape(outputShape),
    parameters > 0 ? integer(times * parameters) : '',
    parameters > 0 ? share(times * parameters, total) : '',
    macs > 0 ? scaled(times * macs) : '',
  ]
}

/** Neighbours that differ in nothing but their name, together. */
function runsOfEqual(layers: readonly LayerSummary[]): LayerSummary[][] {
  const runs: LayerSummary[][] = []
  const content = (layer: LayerSummary) => JSON.stringify({ ...layer, name: '' })
  for (const layer of layers) {
    const run = runs.at(-1)
    if (run && content(run[0]!) === content(layer)) run.push(layer)
    else runs.push([layer])
  }
  return runs
}

/** The rows as lines: names to the left, numbers to the right. */
function align(rows: readonly string[][]): string[] {
  const widths = header.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) =>
    row
      .map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join('   ')
      .trimEnd(),
  )
}

/** A whole number with commas between thousands. */
export const integer = (value: number) => value.toLocaleString('en-US')
const share = (part: number, total: number) => `${((100 * part) / total).toFixed(2)} %`
/** MB = 1024² bytes, as in the tutorials' tables. */
const megabytes = (bytes: number) => `${(bytes / 1024 ** 2).toFixed(2)} MB`

/** A count of operations, such as `17.56 G`. */
export function scaled(count: number): string {
  if (count < 1000) return String(count)
  const [divisor, unit] = count >= 1e9 ? [1e9, 'G'] : count >= 1e6 ? [1e6, 'M'] : [1e3, 'k']
  return `${(count / divisor).toFixed(2)} ${unit}`
}
