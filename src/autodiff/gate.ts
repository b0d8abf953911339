import type { Value } from '../onnx/node.js'
import { add, cast, less, reshape, slice, sum } from '../onnx/ops/index.js'

/**
 * A value under another name, which the runtime cannot know before it knows all of `first`. It runs nodes in any order
 * that their inputs allow, and computes what is written twice only once: work behind a gate waits, and is done again.
 */
export type Gate = (value: Value) => Value

/**
 * A gate that opens when all the given values are known: numbers of at least one axis. It adds a zero that is made of
 * them by comparison, which is a zero for any numbers, and has no derivative. Values of type bool pass as they are.
 */
export function gateAfter(first: readonly Value[]): Gate {
  const { graph } = first[0]!
  const zero = graph.scope('gate', () => {
    const known = sum(first.map(firstElement))
    return less(known, known)
  })
  return (value) => (value.dtype === 'bool' ? value : graph.scope('gate', () => add(value, cast(zero, value.dtype))))
}

/** Of shape [1]. */
function firstElement(value: Value): Value {
  const axes = value.shape.map((_, i) => i)
  const [zeros, ones] = [axes.map(() => 0), axes.map(() => 1)]
  return reshape(slice(value, zeros, ones, axes), [1])
}
