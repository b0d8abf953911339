import type { Value } from '../../onnx/index.js'
import { rankOf, sizeOf, type Wiring } from './wiring.js'

/** Operators that leave the sizes of the last axes as they are, where the axes that they work on come first. */
const ofLeadingAxes: ReadonlySet<string> = new Set([
  'Squeeze',
  'Unsqueeze',
  'Gather',
  'Split',
  'Slice',
  'Identity',
  'Cast',
])

/**
 * The size of an axis counted from the end (-1 is the last), also behind operators whose shapes are not known: a Reshape
 * says what it makes, and what follows it mostly keeps or permutes that.
 */
export function axisSize(wiring: Wiring, value: Value, axis: number, depth = 0): number | undefined {
  const size = sizeOf(value, axis)
  if (size !== undefined || rankOf(value) !== undefined) return size
  const node = value.producer
  const input = node?.inputs[0]
  if (!input || node.domain !== '' || depth > 8) return undefined
  if (node.op === 'Reshape') return targetSize(wiring, node.inputs[1], axis)
  if (node.op === 'Transpose') {
    const perm = node.ints('perm', [])
    const from = perm.at(axis)
    return from === undefined ? undefined : axisSize(wiring, input, from - perm.length, depth + 1)
  }
  if (node.op === 'Mul' || node.op === 'Div') {
    const data = wiring.scalar(node.inputs[1]) === undefined ? node.inputs[1] : input
    return data && axisSize(wiring, data, axis, depth + 1)
  }
  return ofLeadingAxes.has(node.op) ? axisSize(wiring, input, axis, depth + 1) : undefined
}

/** One element of the shape that a Reshape is given, mostly put together by Concat. */
function targetSize(wiring: Wiring, shape: Value | undefined, axis: number): number | undefined {
  const known = shape?.content?.at(axis)
  const part = known === undefined && shape?.producer?.op === 'Concat' ? shape.producer.inputs.at(axis) : undefined
  const size = typeof known === 'number' ? known : wiring.scalar(part)
  return size !== undefined && size > 0 ? size : undefined
}
