import { allocate, type DType, elementCount, type Graph, type Tensor, type Value } from '../onnx/index.js'
import { Random } from '../random.js'
import type { Tensors } from '../runtime/session.js'
import type { Sizes } from './inspection/sizes.js'

/**
 * Inputs to run a model of any kind on, the same for a seed on every machine: normally distributed floats, bytes of
 * pictures, indices that the model has rows for, masks of ones.
 * @throws where the size of an input is not known
 */
export function randomFeeds(graph: Graph, sizes: Sizes, seed = 0): Tensors {
  return Object.fromEntries(graph.inputs.map((input) => [input.name, randomTensor(graph, input, sizes, seed)]))
}

function randomTensor(graph: Graph, input: Value, sizes: Sizes, seed: number): Tensor {
  const shape = sizes(input)
  if (!shape) throw new Error(`the size of its input ${input.name} is not known`)
  const random = new Random(seed, input.name)
  const { dtype } = input
  const data = allocate(dtype, elementCount(shape))
  const draw = drawFrom(dtype, /mask/i.test(input.name) ? undefined : rowsOf(graph, input), random)
  for (let i = 0; i < data.length; i++) data[i] = draw()
  return { dtype, shape, data }
}

function drawFrom(dtype: DType, rows: number | undefined, random: Random): () => number | bigint {
  switch (dtype) {
    case 'float32':
    case 'float64':
      return () => random.normal()
    // Their bits: of numbers from 1 to 2.
    case 'float16':
      return () => 0x3c00 + random.integer(0x400)
    case 'bfloat16':
      return () => 0x3f80 + random.integer(0x80)
    case 'uint8':
      return () => random.integer(256)
    case 'int64':
    case 'uint64':
      return () => BigInt(rows ? random.integer(rows) : 1)
    default:
      return () => (rows ? random.integer(rows) : 1)
  }
}

/** The rows of the table that indices choose from, such as the words of a vocabulary. */
function rowsOf(graph: Graph, indices: Value): number | undefined {
  const lookup = graph.nodes.find(({ op, inputs }) => op === 'Gather' && inputs[1] === indices && inputs[0]?.isConstant)
  const rows = lookup?.input(0).isTyped ? lookup.input(0).shape[0] : undefined
  return typeof rows === 'number' ? rows : undefined
}
