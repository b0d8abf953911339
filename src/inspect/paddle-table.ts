import { DropPath, Gelu, MlpHead, PatchProjection, Relu, type ViT } from '../nn/index.js'
import { Node, type Shape } from '../onnx/index.js'
import { integer } from './format-summary.js'
import { formatList, layOutTable, nameOf, type Row } from './table-layout.js'
import { type Call, countValues, ownParameters, trace } from './trace.js'

/** The layers that PaddlePaddle, or the Paddle notes, call otherwise than we do. */
const classNames = new Map<unknown, string>([
  [PatchProjection, 'Conv2D'],
  [Gelu, 'GELU'],
  [Relu, 'ReLU'],
  [MlpHead, 'Classify'],
])

/** The least widths of the columns, in characters. */
const columnWidths = [15, 20, 20, 15]

interface PaddleRow extends Row {
  input: Shape
}

/**
 * The layer table that `paddle.summary(model, (1, 3, 224, 224))` prints for the ViT of the Paddle notes, built with the
 * options of `model`. No weight is drawn for it.
 */
export function paddleTable(model: ViT): string {
  const { input, steps } = trace(model)
  const rows = steps.flatMap(rowsOf)
  const names = numberedNames(rows)
  const cells = rows.map(({ input, output, parameters }, i) => [
    names[i]!,
    `[${formatList(input, 1)}]`, // a list, as a layer may have several inputs
    formatList(output, 1),
    integer(parameters),
  ])
  const widths = columnWidths.map((least, column) => Math.max(least, ...cells.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => row.map((cell, column) => center(cell, widths[column]!)).join(' ')
  return layOutTable(
    {
      header: line(['Layer (type)', 'Input Shape', 'Output Shape', 'Param #']),
      lines: cells.map(line),
      width: Math.max(75, widths.reduce((a, b) => a + b) + 5),
    },
    rows,
    input.shape,
  )
}

function rowsOf(step: Call | Node): PaddleRow[] {
  if (step instanceof Node) return softmaxRows(step)
  const { layer, input, output } = step
  // The notes have no drop path, so it only shows where the model needs it.
  if (layer instanceof DropPath && layer.rate === 0) return []
  const parameters = countValues(ownParameters(layer).map(([, parameter]) => parameter))
  return [{ className: nameOf(layer, classNames), input: input.shape, output: output.shape, parameters }]
}

/** The softmax is a layer of its own in the notes, and an operator within our attention. */
function softmaxRows(node: Node): PaddleRow[] {
  if (node.op !== 'Softmax') return []
  return [{ className: 'Softmax', input: node.input(0).shape, output: node.output.shape, parameters: 0 }]
}

/**
 * The rows' names, `Class-n`. Paddle counts the layers of a class as they are constructed; ours are constructed in the
 * order in which they run.
 */
function numberedNames(rows: readonly Row[]): string[] {
  const counts = new Map<string, number>()
  return rows.map(({ className }) => {
    const count = (counts.get(className) ?? 0) + 1
    counts.set(className, count)
    return `${className}-${count}`
  })
}

/** Python's `{:^width}`: of an odd number of blanks the larger part comes last. */
function center(text: string, width: number): string {
  return text.padStart(text.length + Math.floor((width - text.length) / 2)).padEnd(width)
}
