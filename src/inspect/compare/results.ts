import type { Graph, Tensor, Value } from '../../onnx/index.js'
import type { Runtime, Session, Tensors } from '../../runtime/session.js'
import { toFloat16, toFloat32 } from '../../weights/index.js'
import { bindSizes, chooseSizes } from '../inspection/sizes.js'
import type { Runnable } from '../optimize/measure.js'
import { randomFeeds } from '../random-feeds.js'
import { deviation, type NumericDifference, type ResultsComparison } from './comparison.js'
import { differenceOfTensors } from './numbers.js'
import { type Step, stepsBetween, stepsWithin } from './steps.js'
import type { Side } from './weights.js'
import { withOutputs } from './with-outputs.js'

type RunnableSide = Side & { load: () => Promise<Runnable> }

/**
 * Runs both models on the same random input. Where they cannot be, or what is in between cannot be had, `notes` says why.
 */
export async function compareResults(
  a: RunnableSide,
  b: RunnableSide,
  { runtime, seed = 0 }: { runtime: Runtime; seed?: number },
  notes: string[],
): Promise<ResultsComparison | undefined> {
  let feeds: [Tensors, Tensors]
  try {
    feeds = sameFeeds(a.graph, b.graph, seed)
  } catch (error) {
    notes.push(`they were not run: ${(error as Error).message}`)
    return undefined
  }
  const run = (steps: readonly Step[]) => runBoth(runtime, [a, b], feeds, steps)
  const steps = stepsBetween(a, b)
  let compared: Awaited<ReturnType<typeof run>>
  try {
    compared = await run(steps).catch((error: Error) => {
      // A runtime may know no values of these names, as where functions were inlined.
      notes.push(`what is between input and outputs could not be compared: ${error.message}`)
      return run([])
    })
  } catch (error) {
    notes.push(`they could not be run: ${(error as Error).message}`)
    return undefined
  }
  const first = firstDeviating(compared)
  const inner = first === undefined ? [] : stepsWithin(steps[first]!, a, b)
  return {
    seed,
    ...compared,
    ...(first !== undefined && { firstDeviation: compared.steps[first]!.name }),
    within: inner.length > 0 ? (await run(inner)).steps : [],
  }
}

/** Where two models part for good: a fusion may move a bias out of one step into the next, which then agrees again. */
function firstDeviating({ steps, outputs }: Pick<ResultsComparison, 'steps' | 'outputs'>): number | undefined {
  if (outputs.every(({ relative }) => relative <= deviation)) return undefined
  const first = steps.findLastIndex(({ relative }) => relative <= deviation) + 1
  return first < steps.length ? first : undefined
}

/** Inputs of equal numbers for both, aligned by their place. @throws where the models take different inputs */
function sameFeeds(a: Graph, b: Graph, seed: number): [Tensors, Tensors] {
  if (a.inputs.length !== b.inputs.length)
    throw new Error(`one has ${a.inputs.length} inputs, the other ${b.inputs.length}`)
  const sizes = chooseSizes(a, {})
  for (const [i, input] of a.inputs.entries()) Object.assign(sizes, sizesFrom(input, b.inputs[i]!))
  const feedsA = randomFeeds(a, bindSizes(a, sizes), seed)
  const feedsB = a.inputs.map(({ name }, i) => [b.inputs[i]!.name, fitted(feedsA[name]!, b.inputs[i]!)])
  return [feedsA, Object.fromEntries(feedsB)]
}

/** Sizes that one model leaves open and the other fixes. */
function sizesFrom(a: Value, b: Value): Record<string, number> {
  if (!a.isTyped || !b.isTyped || a.rank !== b.rank) return {}
  const pairs = a.shape.map((dim, axis) => [dim, b.shape[axis]!] as const)
  return Object.fromEntries(
    pairs.filter((pair): pair is [string, number] => typeof pair[0] === 'string' && typeof pair[1] === 'number'),
  )
}

/** The tensor for an input of the other model. @throws where it takes none of this shape or type */
function fitted(tensor: Tensor, input: Value): Tensor {
  if (!input.isTyped) return tensor
  const fits =
    input.rank === tensor.shape.length &&
    input.shape.every((dim, axis) => typeof dim === 'string' || dim === tensor.shape[axis])
  if (!fits) throw new Error(`the input ${input.name} of one is [${tensor.shape}], of the other [${input.shape}]`)
  if (input.dtype === tensor.dtype) return { ...tensor, data: tensor.data.slice() }
  if (input.dtype === 'float16' && tensor.dtype === 'float32')
    return { ...tensor, dtype: 'float16', data: toFloat16(tensor.data as Float32Array) }
  if (input.dtype === 'float32' && tensor.dtype === 'float16') return toFloat32(tensor)
  throw new Error(`the input ${input.name} of one is of type ${tensor.dtype}, of the other ${input.dtype}`)
}

/** Runs one after the other, so that only one is loaded at a time. */
async function runBoth(
  runtime: Runtime,
  sides: readonly [RunnableSide, RunnableSide],
  feeds: readonly [Tensors, Tensors],
  steps: readonly Step[],
) {
  const [resultsA, resultsB] = [
    await runOne(
      runtime,
      sides[0],
      feeds[0],
      steps.map(({ a }) => a),
    ),
    await runOne(
      runtime,
      sides[1],
      feeds[1],
      steps.map(({ b }) => b),
    ),
  ]
  const [outputsA, outputsB] = [sides[0].graph.outputs, sides[1].graph.outputs]
  return {
    outputs: outputsA.map(({ name }, i) => ({ name, ...compare(resultsA[name], resultsB[outputsB[i]?.name ?? '']) })),
    steps: steps.map(({ name, a, b }) => ({ name, ...compare(resultsA[a.name], resultsB[b.name]) })),
  }
}

const compare = (a: Tensor | undefined, b: Tensor | undefined): NumericDifference =>
  a ? differenceOfTensors(a, b) : { absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY }

async function runOne(
  runtime: Runtime,
  side: RunnableSide,
  feeds: Tensors,
  values: readonly Value[],
): Promise<Tensors> {
  const results = new Set(side.graph.outputs)
  const wanted = values.filter((value) => !results.has(value))
  const { model, options } = await side.load()
  const session: Session = await runtime.createSession(withOutputs(model, wanted), options)
  try {
    // A session may take over what it is given, and the same input is needed again.
    const copies = Object.entries(feeds).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() }])
    return await session.run(Object.fromEntries(copies))
  } finally {
    await session.close()
  }
}
