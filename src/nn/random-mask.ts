import { type Shape, staticShape } from '../onnx/dim.js'
import type { Graph } from '../onnx/graph.js'
import type { Value } from '../onnx/node.js'
import { add, cast, less, mod, mul, range, reshape } from '../onnx/ops/index.js'
import { elementCount } from '../onnx/tensor.js'
import { Random } from '../random.js'

/** A Mersenne prime; products of two residues fit into int64. */
const prime = 2 ** 31 - 1

/** The training graph's int64 scalar input from which all its random numbers come; a new one each step. */
export function seedInput(graph: Graph): Value {
  return graph.inputs.find((input) => input.name === 'seed') ?? graph.input('seed', 'int64', [])
}

/**
 * Zeros with probability `rate`, else 1/(1 - rate), as float32 of the given fixed shape. The numbers are a hash of the
 * element's index, the place in the graph and the `seed` input, made of plain integer operators: the same seed gives the
 * same mask on every runtime, which ONNX's own random operators do not promise.
 */
export function randomMask(graph: Graph, shape: Shape, rate: number): Value {
  const sizes = staticShape(shape)
  return graph.scope('mask', () => {
    const salt = new Random('mask', graph.nodes.length).integer(prime)
    const seeded = mod(add(mul(mod(seedInput(graph), prime), 48271), salt), prime)
    const index = range(graph, 'int64', elementCount(sizes))
    let hash = permute(mod(add(mul(index, 69621), seeded), prime))
    hash = permute(mod(add(hash, seeded), prime))
    const kept = less(hash, Math.round((1 - rate) * prime))
    return reshape(mul(cast(kept, 'float32'), 1 / (1 - rate)), sizes)
  })
}

/** x⁵ modulo the prime: a permutation, as 5 does not divide prime - 1, and far from linear. */
function permute(x: Value): Value {
  const square = mod(mul(x, x), prime)
  return mod(mul(mod(mul(square, square), prime), x), prime)
}
