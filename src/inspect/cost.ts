import { bindDim } from '../onnx/dim.js'
import type { Node, Value } from '../onnx/node.js'
import { bytesPerElement, elementCount } from '../onnx/tensor.js'
import { countMacs } from './macs.js'

/** Numbers for the symbols in shapes, such as `{ batch: 1 }`. */
export type Bindings = Readonly<Record<string, number>>

/** Operators whose output is the memory of their input under another shape. */
export const views: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze', 'Identity'])

/**
 * The multiply-accumulate operations of a node: those of matrix products and convolutions, which are nearly all of a
 * Vision Transformer's work, and 0 for any other operator. @throws where a size stays a symbol
 */
export function macsOf(node: Node, bindings: Bindings = {}): number {
  return countMacs(node, (input) => sizesOf(input === undefined ? node.output : node.input(input), bindings))
}

/**
 * The bytes that a node's results take. Views, which only give their input another shape, take none, and neither do the
 * few integers that describe shapes. @throws where a size stays a symbol
 */
export function activationBytesOf(node: Node, bindings: Bindings = {}): number {
  if (node.constant || (node.domain === '' && views.has(node.op))) return 0
  return node.outputs.reduce((sum, output) => sum + (output && !output.content ? bytesOf(output, bindings) : 0), 0)
}

const bytesOf = (value: Value, bindings: Bindings) =>
  elementCount(sizesOf(value, bindings)) * bytesPerElement(value.dtype)

function sizesOf(value: Value, bindings: Bindings): number[] {
  return value.shape.map((dim) => {
    const size = bindDim(dim, bindings)
    if (typeof size === 'string') throw new Error(`the size ${size} of ${value.name} is not known: bind it to a number`)
    return size
  })
}
