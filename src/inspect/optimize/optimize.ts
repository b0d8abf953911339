import type { Graph } from '../../onnx/index.js'
import { type Applied, applyPasses, type Step } from './apply.js'
import { storeAsFloat16 } from './float16.js'
import type { Target } from './plan.js'
import { largestOf, Reference, type ReferenceOptions } from './reference.js'
import type { OptimizationReport, Rewrite } from './report.js'
import type { Trial } from './trials.js'

export interface OptimizeOptions extends Target, ReferenceOptions {
  /** Weights as float16, half the size. They are cast back, so that all is computed in float32 still. */
  float16?: boolean
}

/** What optimising gives. */
export interface Optimized {
  graph: Graph
  report: OptimizationReport
  /** The inputs that both models were run with, the smallest first. */
  trials: readonly Trial[]
}

/** Largest accepted differences, relative to the largest element of an output: of float32, and where there is float16. */
const inFloat32 = 1e-4
const inFloat16 = 2e-2

/**
 * A graph that computes the same in fewer and faster nodes. Both are run on the same inputs; a pass that changes the
 * results by more than rounding is left out. What is not recognised stays as it is.
 * @throws UserError where the model cannot be run, or the opset that was asked for cannot be had
 */
export async function optimize(graph: Graph, options: OptimizeOptions): Promise<Optimized> {
  const reference = await Reference.of(graph, options)
  const exact = await applyVerified(graph, options, reference)
  const { applied, leftOut } = exact
  const stored = options.float16 ? await withHalves(applied.graph, reference) : undefined
  const { graph: final, comparisons } = stored ?? { graph: applied.graph, ...exact }
  return {
    graph: final,
    trials: reference.trials,
    report: {
      rewrites: [...applied.steps.flatMap(rewriteOf), ...(stored?.rewrites ?? [])],
      leftOut,
      comparisons,
      largestDifference: largestOf(comparisons),
      nodes: { before: graph.nodes.length, after: final.nodes.length },
      opset: { before: graph.opset, after: final.opset },
      notes: [...applied.notes, ...(stored?.notes ?? [])],
    },
  }
}

/** What is told of a step: nothing where it found nothing to do. */
function rewriteOf({ name, before, after }: Step): Rewrite[] {
  const ops = ({ opset, nodes }: Graph) => `${opset} ${nodes.map(({ op }) => op).sort()}`
  if (ops(before) === ops(after)) return []
  return [{ name, nodesBefore: before.nodes.length, nodesAfter: after.nodes.length }]
}

/** Applies the passes, and again without the one that changes the results, until none does. */
async function applyVerified(graph: Graph, options: OptimizeOptions, reference: Reference) {
  const bound = computesInFloat16(graph) ? inFloat16 : inFloat32
  const leftOut = new Map<string, number>()
  for (;;) {
    const applied = await applyPasses(graph, options, options.runtime, new Set(leftOut.keys()))
    const comparisons = await reference.compare(applied.graph)
    const { relative } = largestOf(comparisons)
    if (relative <= bound || applied.steps.length === 0)
      return { applied, comparisons, leftOut: [...leftOut].map(([name, relative]) => ({ name, relative })) }
    leftOut.set(await culpritOf(applied, reference, bound), relative)
  }
}

const computesInFloat16 = ({ nodes }: Graph) =>
  nodes.some(({ outputs }) => outputs.some((value) => value?.type?.dtype.endsWith('float16')))

/** The pass after which the results differ for the first time. */
async function culpritOf({ steps }: Applied, reference: Reference, bound: number): Promise<string> {
  let [good, bad] = [-1, steps.length - 1]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    const { relative } = largestOf(await reference.compare(steps[middle]!.after))
    if (relative <= bound) good = middle
    else bad = middle
  }
  return steps[bad]!.name
}

/** Stores weights in half the size, where the results stay close enough. */
async function withHalves(graph: Graph, reference: Reference) {
  const { graph: stored, notes } = storeAsFloat16(graph)
  const comparisons = await reference.compare(stored)
  const { relative } = largestOf(comparisons)
  if (relative > inFloat16) {
    const note = `the weights stay float32: as float16 they would change the results by ${relative.toExponential(1)}`
    return { graph, comparisons: await reference.compare(graph), rewrites: [], notes: [note] }
  }
  const rewrites: Rewrite[] = [
    { name: 'weights as float16', nodesBefore: graph.nodes.length, nodesAfter: stored.nodes.length },
  ]
  const precision = 'the weights are float16; all is computed in float32, as before'
  return { graph: stored, comparisons, rewrites, notes: [precision, ...notes] }
}
