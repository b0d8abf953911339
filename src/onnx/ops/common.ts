import { type Dim, formatShape, isStatic, multiplyDims, type Shape } from '../dim.js'
import type { Graph } from '../graph.js'
import type { Attributes, Node, Value } from '../node.js'
import type { Schema } from '../schema.js'
import { type DType, dtypeOfNumber, elementCount } from '../tensor.js'

/** An argument of an elementwise operator: a value, or a number that takes the other argument's element type. */
export type Operand = Value | number

/** Emits a node with one output into the graph of its first input. */
export function emit(op: string, inputs: readonly (Value | undefined)[], attributes: Attributes = {}): Value {
  return inputs[0]!.graph.emit(op, inputs, attributes)[0]!
}

/** The operand as a value of the graph. */
export function asValue(graph: Graph, dtype: DType, operand: Operand): Value {
  return typeof operand === 'number' ? graph.constant(dtype, operand) : operand
}

/** An axis counted from the front. @throws where there is no such axis */
export function normalizeAxis(axis: number, rank: number): number {
  if (!Number.isInteger(axis) || axis < -rank || axis >= Math.max(rank, 1))
    throw new Error(`there is no axis ${axis} in rank ${rank}`)
  return axis < 0 ? axis + rank : axis
}

/** The common element type. @throws where the inputs differ */
export function sameDType(...values: Value[]): DType {
  const dtype = values[0]!.dtype
  const other = values.find((value) => value.dtype !== dtype)
  if (other) throw new Error(`element types differ: ${dtype} and ${other.dtype}`)
  return dtype
}

/** @throws where two sizes are known and differ */
export function requireEqual(what: string, a: Dim | undefined, b: Dim | undefined): void {
  if (typeof a === 'number' && typeof b === 'number' && a !== b) throw new Error(`${what} differ: ${a} and ${b}`)
}

/** The shape that numpy's broadcasting gives. @throws where the shapes do not go together */
export function broadcastShapes(graph: Graph, ...shapes: Shape[]): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => {
    let result: Dim = 1
    for (const shape of shapes) {
      const dim = shape[i - rank + shape.length] ?? 1
      if (dim === result || dim === 1) continue
      if (result === 1) result = dim
      else if (typeof dim === 'number' && typeof result === 'number')
        throw new Error(`shapes ${shapes.map(formatShape).join(' and ')} do not broadcast`)
      // A number other than 1 beside a symbol: the symbol must turn out to be that number, or 1.
      else if (typeof dim === 'number') result = dim
      else if (typeof result === 'string') result = graph.unknownDim()
    }
    return result
  })
}

/** The elements of a value, a float that is part of the graph included. */
export function elementsOf(value: Value): readonly Dim[] | undefined {
  const isNumber = value.isConstant && value.dtype === 'float32' && multiplyDims(value.shape) === 1
  return value.content ?? (isNumber ? [Number(value.data![0])] : undefined)
}

/** A shape of `rank` axes whose sizes are only known at run time; undefined where not even the rank is known. */
export function unknownShape(graph: Graph, rank: Dim | undefined): Shape | undefined {
  if (typeof rank !== 'number') return undefined
  // A damaged file may ask for millions.
  if (rank > 64) throw new Error(`a shape of ${rank} axes is too large`)
  return Array.from({ length: rank }, () => graph.unknownDim())
}

/** The axes of a node, kept in an attribute by older opsets and in an input by newer ones, counted from the front. */
export function axesOf(node: Node, rank: number): number[] | undefined {
  return node.intsFrom('axes', 1)?.map((axis) => normalizeAxis(axis, rank))
}

/** The element type that an attribute names; none where it is left out. */
export const dtypeFrom = (node: Node, attribute: string): DType | undefined => dtypeOfNumber(node.int(attribute, 0))

/** The schema of operators whose result is like their first input. */
export const likeFirst: Schema = (node) => ({ dtype: node.input(0).dtype, shape: node.input(0).shape })

/**
 * The elements of a strided view of some others: `strides` and `first` count elements, as in numpy. Nothing where a size
 * is a symbol.
 */
export function strided(
  elements: readonly Dim[] | undefined,
  sizes: Shape,
  strides: readonly number[],
  first = 0,
): readonly Dim[] | undefined {
  if (!elements || !isStatic(sizes)) return undefined
  let places = [first]
  for (const [axis, size] of sizes.entries())
    places = places.flatMap((place) => Array.from({ length: size }, (_, i) => place + i * strides[axis]!))
  return places.map((place) => elements[place]!)
}

/** How far apart neighbours along each axis are, in elements. */
export const stridesOf = (shape: readonly number[]): number[] => shape.map((_, i) => elementCount(shape.slice(i + 1)))
