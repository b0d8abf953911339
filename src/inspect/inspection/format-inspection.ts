import { formatShape } from '../../onnx/index.js'
import { integer, scaled } from '../format-summary.js'
import { counted, describeArchitecture, type Fact } from './architecture.js'
import type { InspectedValue, Inspection } from './inspection.js'
import { formatHeaviestOps, formatLargestWeights } from './operators.js'
import { formatStages } from './stage-table.js'
import { formatFacts, plainText, type TextOptions, wrap } from './text-table.js'

/** The most of a list that is printed; `--json` has the rest. */
const mostListed = 8

/**
 * What a model is, as text: the file, the verdict, the architecture in a few lines, and the stages as a table; where no
 * encoder layers were recognised, the operators that work most and the largest weights in its place.
 */
export function formatInspection(inspection: Inspection, options: TextOptions = {}): string {
  const { width = 80, style = plainText } = options
  const { sentence, differences, notes, counts } = inspection
  const blocks = [
    formatFacts(fileFacts(inspection), options),
    wrap(sentence, width).map(style.bold),
    formatFacts(describeArchitecture(inspection), options),
    list(
      'different',
      differences.map(({ what }) => what),
      options,
    ),
    counts.encoderLayer > 0
      ? formatStages(inspection, options)
      : [...formatHeaviestOps(inspection, options), '', ...formatLargestWeights(inspection, options)],
    list('note', notes, options),
  ]
  return `${blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`
}

function list(label: string, items: readonly string[], options: TextOptions): string[] {
  const more = items.length - mostListed
  const shown: Fact[] = items.slice(0, mostListed).map((item) => [label, item])
  return formatFacts(more > 0 ? [...shown, ['', `and ${integer(more)} more`]] : shown, options)
}

function fileFacts(inspection: Inspection): Fact[] {
  const { file, inputs, outputs, totals, sizes } = inspection
  const {
    parameters,
    weightBytes,
    macs,
    activationBytes,
    peakActivationBytes,
    unknownCosts,
    nodes,
    shapeNodes,
    constantNodes,
  } = totals
  const of = Object.entries(sizes).map(([symbol, size]) => `${symbol} ${size}`)
  const unknown = unknownCosts > 0 ? `, and what ${counted(unknownCosts, 'node')} take is not known` : ''
  return [
    ['file', [file.path, file.bytes && bytesText(file.bytes)].filter(Boolean).join(', ')],
    ['written', [file.producer || 'by an unknown program', `IR ${file.irVersion}`, opsetText(file.opsets)].join(', ')],
    ['inputs', inputs.map(valueText).join(', ')],
    ['outputs', outputs.map(valueText).join(', ')],
    ['parameters', `${integer(parameters)}; all constants take ${bytesText(weightBytes)}`],
    [
      'work',
      `${macs === null ? 'MACs not known' : macsText(macs)}${of.length > 0 ? ` for ${of.join(', ')}` : ''}${unknown}`,
    ],
    ['activations', `${bytesText(activationBytes)} in all, ${bytesText(peakActivationBytes)} at once`],
    [
      'nodes',
      listed([
        integer(nodes),
        shapeNodes > 0 && `${integer(shapeNodes)} only compute sizes`,
        constantNodes > 0 && `${integer(constantNodes)} are constants`,
      ]),
    ],
  ].filter((fact): fact is [string, string] => fact[1] !== '')
}

const valueText = ({ name, dtype, shape }: InspectedValue) => `${name} ${dtype ?? ''}${shape ? formatShape(shape) : ''}`

function opsetText(opsets: Readonly<Record<string, number>>): string {
  const { '': main, ...others } = opsets
  const texts = Object.entries(others).map(([domain, version]) => `${domain} ${version}`)
  return [`opset ${main ?? 'none'}`, ...texts].join(', ')
}

const macsText = (macs: number) => (macs < 1000 ? `${macs} MACs` : `${scaled(macs)}MACs`)

const listed = (words: readonly (string | false)[]) => words.filter(Boolean).join(', ')

/** MB = 10⁶ bytes, as file managers count. */
export function bytesText(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB'] as const
  const unit = bytes < 1e3 ? 0 : bytes < 1e6 ? 1 : bytes < 1e9 ? 2 : 3
  return unit === 0 ? `${bytes} bytes` : `${(bytes / 1000 ** unit).toFixed(unit === 3 ? 2 : 1)} ${units[unit]}`
}
