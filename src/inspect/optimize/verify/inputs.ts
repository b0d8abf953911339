import { allocate, bindDim, type DType, elementCount, type Graph, isStatic, symbolsIn, type Tensor, type Value } from '../../../onnx/index.js'
import { Random } from '../../../random.js'
import type { Session, Tensors } from '../../../runtime/session.js'
import { isOp } from '../pass.js'

/** What a model is tried with. */
export interface Trial {
  /** Such as `random, batch 3`. */
  name: string
  feeds: () => Tensors
}

/** Numbers of samples that are tried where the model leaves it open. */
const batches = [1, 3]

/** Sizes that are tried for other axes that the model leaves open: of pictures, then of anything. */
const pictureSizes = [224, 64, 32]
const otherSizes = [16, 8, 2]

/**
 * Seeded random inputs that the model takes, several where its batch is open. Empty where none of the sizes that are
 * tried suits it.
 */
export async function randomTrials(graph: Graph, session: Session, seed: number): Promise<Trial[]> {
  const batchSymbols = symbolsOf(graph, (value, axis) => axis === 0 && value.rank > 1)
  for (let i = 0; i < pictureSizes.length; i++) {
    const bindings = (batch: number) => ({
      ...bind(symbolsOf(graph, () => true), otherSizes[i]!),
      ...bind(symbolsOf(graph, ({ rank }, axis) => rank >= 4 && axis >= 2), pictureSizes[i]!),
      ...bind(batchSymbols, batch),
    })
    const trials = (batchSymbols.length > 0 ? batches : [0]).map((batch) => ({
      name: batch > 0 ? `random, batch ${batch}` : 'random',
      feeds: () => randomFeeds(graph, bindings(batch), seed),
    }))
    if (await accepts(session, trials)) return trials
  }
  return []
}

function symbolsOf({ inputs }: Graph, test: (value: Value, axis: number) => boolean): string[] {
  return symbolsIn(inputs.flatMap((value) => value.shape.filter((_, axis) => test(value, axis))))
}

const bind = (symbols: readonly string[], size: number) => Object.fromEntries(symbols.map((symbol) => [symbol, size]))

async function accepts(session: Session, trials: readonly Trial[]): Promise<boolean> {
  try {
    for (const { feeds } of trials) await session.run(feeds())
    return true
  } catch {
    return false
  }
}

function randomFeeds(graph: Graph, bindings: Readonly<Record<string, number>>, seed: number): Tensors {
  return Object.fromEntries(graph.inputs.map((value) => [value.name, randomTensor(value, bindings, seed)]))
}

function randomTensor(value: Value, bindings: Readonly<Record<string, number>>, seed: number): Tensor {
  const shape = value.shape.map((dim) => bindDim(dim, bindings))
  if (!isStatic(shape)) throw new Error(`the size of the input ${value.name} is not known`)
  const random = new Random(seed, value.name, shape.join())
  const data = allocate(value.dtype, elementCount(shape))
  const draw = drawOf(value)
  for (let i = 0; i < data.length; i++) data[i] = draw(random) as never
  return { dtype: value.dtype, shape, data }
}

/** float16 and bfloat16 are given as bit patterns: these are of numbers from 1 to 2. */
const halves: Partial<Record<DType, number>> = { float16: 0x3c00, bfloat16: 0x3f80 }

function drawOf(value: Value): (random: Random) => number | bigint {
  const { dtype } = value
  if (halves[dtype]) return (random) => halves[dtype]! + random.integer(128)
  if (dtype === 'float32' || dtype === 'float64') return (random) => random.normal()
  if (dtype === 'uint8' && value.rank >= 3) return (random) => random.integer(256)
  const count = indexedCount(value) ?? 2
  const isBig = dtype === 'int64' || dtype === 'uint64'
  return (random) => (isBig ? BigInt(random.integer(count)) : random.integer(count))
}

/** How many rows there are to choose from, where the input is used as an index, as token ids are. */
function indexedCount(value: Value): number | undefined {
  const gather = value.graph.nodes.find((node) => isOp(node, 'Gather') && node.inputs[1] === value)
  const size = gather?.inputs[0]?.isTyped ? gather.inputs[0].shape[gather.int('axis', 0)] : undefined
  return typeof size === 'number' ? size : undefined
}
