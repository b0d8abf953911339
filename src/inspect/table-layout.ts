import type { Module } from '../nn/index.js'
import { elementCount, type Shape, staticShape } from '../onnx/index.js'
import { integer } from './format-summary.js'

/** One row in the layer table of a framework. */
export interface Row {
  className: string
  /** The first size is the batch. */
  output: Shape
  /** Learned values that the framework puts down to this row. */
  parameters: number
}

/** The rows as text. */
export interface TableText {
  header: string
  lines: readonly string[]
  /** The length of the rules between the parts, in characters. */
  width: number
}

/**
 * The layer table as paddle.summary and torchsummary both lay it out: header, rows, totals of the parameters, and memory
 * for one picture. What the forward and backward pass need is taken to be the outputs of all rows, twice, in float32.
 * All parameters count as trainable, as they do in a new model.
 */
export function layOutTable({ header, lines, width }: TableText, rows: readonly Row[], input: Shape): string {
  const parameters = sum(rows.map((row) => row.parameters))
  const sizes = {
    'Input size': megabytes(elementsOf(input)),
    'Forward/backward pass size': megabytes(2 * sum(rows.map(({ output }) => elementsOf(output)))),
    'Params size': megabytes(parameters),
  }
  const [rule, doubleRule] = ['-'.repeat(width), '='.repeat(width)]
  return `${[
    rule,
    header,
    doubleRule,
    ...lines,
    doubleRule,
    `Total params: ${integer(parameters)}`,
    `Trainable params: ${integer(parameters)}`,
    'Non-trainable params: 0',
    rule,
    ...Object.entries(sizes).map(([name, size]) => `${name} (MB): ${twoDecimals(size)}`),
    `Estimated Total Size (MB): ${twoDecimals(sum(Object.values(sizes)))}`,
    rule,
  ].join('\n')}\n`
}

/** What a framework calls a layer: as we do, where `names` does not tell otherwise. */
export function nameOf(layer: Module, names: ReadonlyMap<unknown, string>): string {
  return names.get(layer.constructor) ?? layer.constructor.name
}

/** A shape as Python prints a list, with `batch` for its first size. */
export function formatList(shape: Shape, batch: number): string {
  return `[${[batch, ...shape.slice(1)].join(', ')}]`
}

/** The elements for one picture. */
const elementsOf = (shape: Shape) => elementCount(staticShape(shape.slice(1)))

const megabytes = (elements: number) => (4 * elements) / 1024 ** 2

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/** Python's `%.2f`: of two decimals equally near it takes the even one, where `toFixed` takes the larger. */
function twoDecimals(value: number): string {
  // Among binary fractions only the odd eighths, such as 0.125, are halfway between two hundredths.
  if ((8 * value) % 2 !== 1) return value.toFixed(2)
  const below = Math.floor(100 * value)
  return ((below + (below % 2)) / 100).toFixed(2)
}
