import type { Runtime } from '../../runtime/session.js'
import type { Runnable } from '../optimize/measure.js'
import type { Comparison, ResultsComparison } from './comparison.js'
import { type ComparedModel, compareFacts, compareOps } from './facts.js'
import { compareParts } from './parts.js'
import { compareResults } from './results.js'
import { compareWeights } from './weights.js'

export type { ComparedModel } from './facts.js'

/** What makes the comparison run both models. */
export interface RunOptions {
  runtime: Runtime
  /** Reads a model each time it is run: both at once may not fit into memory. */
  a: () => Promise<Runnable>
  b: () => Promise<Runnable>
  /** Draws the input; 0 by default. */
  seed?: number
}

/**
 * Tells what differs between two models: in what they say of themselves, in structure, in weights, and, where they are
 * run, in what they compute from the same random input.
 */
export async function compareModels(a: ComparedModel, b: ComparedModel, run?: RunOptions): Promise<Comparison> {
  const notes: string[] = []
  const sides = [a, b].map(({ model, understanding }) => ({ graph: model.graph, stages: understanding.stages }))
  const [sideA, sideB] = sides as [(typeof sides)[0], (typeof sides)[0]]
  const results: ResultsComparison | undefined =
    run && (await compareResults({ ...sideA, load: run.a }, { ...sideB, load: run.b }, run, notes))
  return {
    version: 1,
    names: { a: a.name, b: b.name },
    facts: compareFacts(a, b),
    parts: compareParts(sideA.stages, sideB.stages),
    weights: compareWeights(sideA, sideB),
    ops: compareOps(a.model.graph, b.model.graph),
    ...(results && { results }),
    notes,
  }
}
