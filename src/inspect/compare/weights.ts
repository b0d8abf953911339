import { elementCount, formatShape, type Graph, type Shape, type Value } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { everyPart } from '../understand/counts.js'
import type { WeightDifference, WeightsComparison } from './comparison.js'
import { differenceBetween, plainNumbers } from './numbers.js'

/** A weight as it is compared: in one orientation whichever way its model stores it. */
interface Weight {
  shape: Shape
  isFloat: boolean
  /** Reads the numbers; they are not kept, since those of both models may not fit into memory. */
  read: () => Float32Array | Float64Array
}

/**
 * Compares the weights of aligned parts: products as [out, in], one for queries, keys and values in three, without axes
 * of size 1. Constants that are in no part are aligned by their names. One pair is in memory at a time.
 */
export function compareWeights(a: Side, b: Side): WeightsComparison {
  const [weightsA, weightsB] = [weightsOf(a), weightsOf(b)]
  const different: WeightDifference[] = []
  const quantized: string[] = []
  let equal = 0
  for (const [name, weight] of weightsA) {
    const other = weightsB.get(name)
    if (other && weight.isFloat !== other.isFloat) quantized.push(name)
    if (!other || weight.isFloat !== other.isFloat) continue
    const fits = squeezed(weight.shape) === squeezed(other.shape)
    const difference = differenceBetween(fits ? weight.read() : [], fits ? other.read() : [0])
    if (difference.absolute === 0) equal++
    else different.push({ name, shapeA: weight.shape, shapeB: other.shape, ...difference })
  }
  return {
    compared: equal + different.length,
    equal,
    different: different.sort((x, y) => y.relative - x.relative),
    quantized,
    onlyA: [...weightsA.keys()].filter((name) => !weightsB.has(name)),
    onlyB: [...weightsB.keys()].filter((name) => !weightsA.has(name)),
  }
}

/** One of the two models, with its parts. */
export interface Side {
  graph: Graph
  stages: readonly Part[]
}

const squeezed = (shape: Shape) => formatShape(shape.filter((size) => size !== 1))

function weightsOf({ graph, stages }: Side): Map<string, Weight> {
  const weights = new Map<string, Weight>()
  const inParts = new Set<Value>()
  const fused = new Set<Part>()
  for (const part of everyPart(stages)) {
    if (part.kind === 'attention' && part.details.qkv === 'one product')
      for (const inner of part.parts) if (inner.kind === 'linear' && inner.name.endsWith('.qkv')) fused.add(inner)
    for (const [role, found] of Object.entries(part.weights)) {
      const value = constantBehind(found)
      if (!value?.isTyped || (role === 'scale' && part.details.quantized)) continue
      inParts.add(value)
      const weight = isTurned(part, role) ? turned(value) : asStored(value)
      const named = fused.has(part) ? thirds(part.name, role, weight) : [[`${part.name}.${role}`, weight] as const]
      for (const [name, one] of named) weights.set(name, one)
    }
  }
  const used = new Set(graph.nodes.flatMap(({ inputs }) => inputs))
  for (const [name, value] of graph.initializers)
    if (used.has(value) && !inParts.has(value) && value.isTyped && isLarge(value)) weights.set(name, asStored(value))
  return weights
}

/** Small constants are numbers of formulas or shapes: how often there are which is no matter of weights. */
const isLarge = ({ shape }: Value) => elementCount(shape as readonly number[]) > 8

/** Whether a matrix is stored as [in, out]. */
const isTurned = ({ kind, details }: Part, role: string) =>
  kind === 'linear' && role === 'weight' && details.transposed === false

/** The constant that a value is made from, as by Expand for every picture. */
function constantBehind(value: Value): Value | undefined {
  let constant: Value | undefined = value
  while (constant && !constant.isConstant) constant = constant.producer?.inputs[0]
  return constant
}

const isFloat = ({ dtype }: Value) => dtype.includes('float')

const numbersOf = (value: Value) => plainNumbers(value.dtype, value.data!)

const asStored = (value: Value): Weight => ({
  shape: value.shape,
  isFloat: isFloat(value),
  read: () => numbersOf(value),
})

/** The matrix as [out, in]. */
function turned(value: Value): Weight {
  const [rows, columns] = value.shape as [number, number]
  return {
    shape: [columns, rows],
    isFloat: isFloat(value),
    read() {
      const numbers = numbersOf(value)
      const result = new Float64Array(numbers.length)
      for (let row = 0; row < rows; row++)
        for (let column = 0; column < columns; column++) result[column * rows + row] = numbers[row * columns + column]!
      return result
    },
  }
}

/** A product for queries, keys and values, [3 · dim, in], in three named as if they were apart. */
function thirds(name: string, role: string, weight: Weight): [string, Weight][] {
  const [rows, ...rest] = weight.shape as number[]
  return ['q', 'k', 'v'].map((letter, i) => [
    `${name.replace(/qkv$/, letter)}.${role}`,
    {
      shape: [rows! / 3, ...rest],
      isFloat: weight.isFloat,
      read() {
        const numbers = weight.read()
        const length = numbers.length / 3
        return numbers.subarray(i * length, (i + 1) * length)
      },
    },
  ])
}
