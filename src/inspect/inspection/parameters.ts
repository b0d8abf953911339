import { bytesPerElement, elementCount, type Graph, type Value } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { Wiring } from '../patterns/index.js'
import { everyPart } from '../understand/counts.js'

/** Tells the learned values that a value is made of. */
export type Parameters = (value: Value) => ReadonlySet<Value>

const none: ReadonlySet<Value> = new Set()

/**
 * Finds learned values: constants of floats, or of quantized ones, that are more than a number, and the weights of
 * recognised parts whatever their size, save masks and what integers are scaled by. They are looked for behind nodes of
 * constants too, such as a Transpose.
 */
export function findParameters(graph: Graph, stages: readonly Part[]): Parameters {
  const wiring = new Wiring(graph)
  const others = new Set<Value>()
  const weights = new Set<Value>()
  for (const part of everyPart(stages))
    for (const [role, value] of Object.entries(part.weights))
      (role === 'mask' || (role === 'scale' && part.details.quantized) ? others : weights).add(value)
  const found = new Map<Value, ReadonlySet<Value>>()
  const behind = (value: Value): ReadonlySet<Value> => {
    const known = found.get(value)
    if (known) return known
    found.set(value, none)
    const isWeight = value.isTyped && weights.has(value)
    const isLearned = value.isConstant && !others.has(value) && (isWeight || looksLearned(value))
    const inputs = value.isConstant || !wiring.isConstantNode(value.producer) ? [] : value.producer!.inputs
    const result = isLearned ? new Set([value]) : union(inputs.map((input) => (input ? behind(input) : none)))
    found.set(value, result)
    return result
  }
  return behind
}

/** All values of some sets. */
export function union(sets: readonly ReadonlySet<Value>[]): ReadonlySet<Value> {
  const filled = sets.filter(({ size }) => size > 0)
  return filled.length < 2 ? (filled[0] ?? none) : new Set(filled.flatMap((set) => [...set]))
}

/** How many numbers the values hold. */
export const countNumbers = (values: Iterable<Value>): number =>
  [...values].reduce((sum, value) => sum + elementCount(value.shape as readonly number[]), 0)

/** What the constants of a graph take, in bytes; texts are left out. */
export const constantBytes = (values: Iterable<Value>): number =>
  [...values].reduce((sum, { dtype, shape }) => {
    const size = dtype === 'string' ? 0 : bytesPerElement(dtype)
    return sum + elementCount(shape as readonly number[]) * size
  }, 0)

function looksLearned(value: Value): boolean {
  if (!value.isTyped || elementCount(value.shape as readonly number[]) < 2) return false
  return value.dtype.includes('float') || ((value.dtype === 'int8' || value.dtype === 'uint8') && value.rank > 1)
}
