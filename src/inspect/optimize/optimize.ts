import { oneLine, UserError } from '../../errors.js'
import { encodeInMemory, type Graph } from '../../onnx/index.js'
import type { Runtime, Session, Tensors } from '../../runtime/session.js'
import type { NumericDifference } from '../compare/comparison.js'
import { differenceOfTensors } from '../compare/numbers.js'
import { type Applied, applyPasses, type Step } from './apply.js'
import { storeAsFloat16 } from './float16.js'
import type { Runnable } from './measure.js'
import type { Target } from './plan.js'
import type { Comparison, OptimizationReport, Rewrite } from './report.js'
import { randomTrials, type Trial } from './trials.js'

export interface OptimizeOptions extends Target {
  /** Computes what follows from constants, and runs both models to compare them. */
  runtime: Runtime
  /** Weights as float16, half the size. They are cast back, so that all is computed in float32 still. */
  float16?: boolean
  /** The file itself, to be compared with; what was read of it otherwise. */
  original?: Runnable
  /** Real inputs to compare with, beside random ones. */
  samples?: readonly Trial[]
  /** Of the random inputs. */
  seed?: number
}

/** What optimising gives. */
export interface Optimized {
  graph: Graph
  report: OptimizationReport
  /** The inputs that both models were run with, the smallest first. */
  trials: readonly Trial[]
}

/** Largest accepted differences, relative to the largest element of an output. */
const exactly = 1e-4
const withFloat16 = 2e-2

/**
 * A graph that computes the same in fewer and faster nodes. Both are run on the same inputs; a pass that changes the
 * results by more than rounding is left out. What is not recognised stays as it is.
 * @throws UserError where the model cannot be run, or the opset that was asked for cannot be had
 */
export async function optimize(graph: Graph, options: OptimizeOptions): Promise<Optimized> {
  const { runtime, original = encodedOf(graph), samples = [], seed = 0 } = options
  const reference = await openReference(runtime, original)
  try {
    const trials = [...(await randomTrials(graph, reference, seed)), ...samples]
    if (trials.length === 0)
      throw new UserError(
        'the model takes inputs of none of the sizes that were tried, so it cannot be compared: give it real ones with --images',
      )
    const expected = await resultsOf(reference, trials)
    const compare = (candidate: Graph) => comparisonsWith(candidate, trials, expected, runtime)
    const { applied, comparisons, leftOut } = await applyVerified(graph, options, compare)
    const stored = options.float16 ? await withHalves(applied.graph, compare) : undefined
    const final = stored?.graph ?? applied.graph
    const rewrites = applied.steps.flatMap(rewriteOf)
    return {
      graph: final,
      trials,
      report: {
        rewrites: [...rewrites, ...(stored?.rewrites ?? [])],
        leftOut,
        comparisons: stored?.comparisons ?? comparisons,
        largestDifference: largestOf(stored?.comparisons ?? comparisons),
        nodes: { before: graph.nodes.length, after: final.nodes.length },
        opset: { before: graph.opset, after: final.opset },
        notes: [...applied.notes, ...(stored?.notes ?? [])],
      },
    }
  } finally {
    await reference.close()
  }
}

/** What is told of a step: nothing where it found nothing to do. */
function rewriteOf({ name, before, after }: Step): Rewrite[] {
  const ops = ({ opset, nodes }: Graph) => `${opset} ${nodes.map(({ op }) => op).sort()}`
  if (ops(before) === ops(after)) return []
  return [{ name, nodesBefore: before.nodes.length, nodesAfter: after.nodes.length }]
}

const encodedOf = (graph: Graph): Runnable => {
  const { model, externalData } = encodeInMemory(graph)
  return { model, options: { externalData } }
}

async function openReference(runtime: Runtime, { model, options }: Runnable): Promise<Session> {
  try {
    return await runtime.createSession(model, options)
  } catch (error) {
    const reason = (error as Error).message.replace(/\s+/g, ' ').trim()
    throw new UserError(oneLine(`the model cannot be run, so nothing can be compared: ${reason}`))
  }
}

async function resultsOf(session: Session, trials: readonly Trial[]): Promise<Tensors[]> {
  const results = []
  for (const { feeds } of trials) results.push(await session.run(feeds()))
  return results
}

async function comparisonsWith(
  graph: Graph,
  trials: readonly Trial[],
  expected: readonly Tensors[],
  runtime: Runtime,
): Promise<Comparison[]> {
  const { model, options } = encodedOf(graph)
  const session = await runtime.createSession(model, options)
  try {
    const actual = await resultsOf(session, trials)
    return trials.map(({ name }, i) => ({ inputs: name, ...differenceOf(expected[i]!, actual[i]!) }))
  } finally {
    await session.close()
  }
}

/** The largest over all outputs. */
const differenceOf = (expected: Tensors, actual: Tensors) =>
  largestOf(Object.entries(expected).map(([name, tensor]) => differenceOfTensors(tensor, actual[name])))

type Compare = (graph: Graph) => Promise<Comparison[]>

/** Applies the passes, and again without the one that changes the results, until none does. */
async function applyVerified(graph: Graph, options: OptimizeOptions, compare: Compare) {
  const leftOut = new Map<string, number>()
  for (;;) {
    const applied = await applyPasses(graph, options, options.runtime, new Set(leftOut.keys()))
    const comparisons = await tryCompare(applied.graph, compare)
    const { relative } = largestOf(comparisons)
    if (relative <= exactly || applied.steps.length === 0)
      return { applied, comparisons, leftOut: [...leftOut].map(([name, relative]) => ({ name, relative })) }
    leftOut.set(await culpritOf(applied, compare), relative)
  }
}

/** The pass after which the results differ for the first time. */
async function culpritOf({ steps }: Applied, compare: Compare): Promise<string> {
  let [good, bad] = [-1, steps.length - 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const { relative } = largestOf(await tryCompare(steps[middle]!.after, compare))
    if (relative <= exactly) good = middle
    else bad = middle
  }
  return steps[bad]!.name
}

/** A graph that the runtime refuses differs infinitely. */
async function tryCompare(graph: Graph, compare: Compare): Promise<Comparison[]> {
  try {
    return await compare(graph)
  } catch {
    return [{ inputs: 'any', absolute: Number.POSITIVE_INFINITY, relative: Number.POSITIVE_INFINITY }]
  }
}

const largestOf = (comparisons: readonly NumericDifference[]): NumericDifference => ({
  absolute: Math.max(0, ...comparisons.map(({ absolute }) => absolute)),
  relative: Math.max(0, ...comparisons.map(({ relative }) => relative)),
})

/** Stores weights in half the size, where the results stay close enough. */
async function withHalves(graph: Graph, compare: Compare) {
  const { graph: stored, notes } = storeAsFloat16(graph)
  const comparisons = await tryCompare(stored, compare)
  const { relative } = largestOf(comparisons)
  if (relative > withFloat16)
    return {
      graph,
      comparisons: await compare(graph),
      rewrites: [],
      notes: [`the weights stay float32: as float16 they would change the results by ${relative.toExponential(1)}`],
    }
  const rewrites = [{ name: 'weights as float16', nodesBefore: graph.nodes.length, nodesAfter: stored.nodes.length }]
  return { graph: stored, comparisons, rewrites, notes }
}
