import assert from 'node:assert/strict'
import type { Part } from '../inspect/part.js'
import { everyPart } from '../inspect/understand/counts.js'
import { findParts } from '../inspect/understand/find-parts.js'
import { type DType, Graph, type Value } from '../onnx/index.js'

/** The width of the input of `foundIn`. */
export const dim = 12

interface Options {
  opset?: number
  dtype?: DType
}

/** What is found of some kinds in a graph of x [batch, 5, 12]. */
export function foundIn(
  kinds: readonly string[],
  build: (x: Value) => Value,
  { opset = 17, dtype = 'float32' }: Options = {},
): Part[] {
  const graph = new Graph({ opset })
  graph.output('y', build(graph.input('x', dtype, ['batch', 5, dim])))
  return [...everyPart(findParts(graph))].filter(({ kind }) => kinds.includes(kind))
}

/** The only part of a kind. */
export function onlyPart(kind: string, build: (x: Value) => Value, options?: Options): Part {
  const parts = foundIn([kind], build, options)
  assert.equal(parts.length, 1, `${parts.length} of ${kind}`)
  return parts[0]!
}

let count = 0

/** A new weight in the graph of x. */
export const weight = (x: Value, ...shape: number[]): Value =>
  x.graph.initializer(`weight_${count++}`, 'float32', shape, new Float32Array(shape.reduce((a, b) => a * b)).fill(0.5))

/** A number as exporters write most of them: a Constant node. */
export function constant(x: Value, value: number): Value {
  const tensor = { dtype: 'float32', shape: [], data: Float32Array.of(value) } as const
  return x.graph.emit('Constant', [], { value: { kind: 'tensor', value: tensor } })[0]!
}
