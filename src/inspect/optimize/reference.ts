import { oneLine, UserError } from '../../errors.js'
import { encodeInMemory, type Graph } from '../../onnx/index.js'
import type { Runtime, Session, Tensors } from '../../runtime/session.js'
import type { NumericDifference } from '../compare/comparison.js'
import { differenceOfTensors } from '../compare/numbers.js'
import type { Runnable } from './measure.js'
import type { Comparison } from './report.js'
import { randomTrials, type Trial } from './trials.js'

export interface ReferenceOptions {
  runtime: Runtime
  /** The file itself, to be compared with; what was read of it otherwise. */
  original?: Runnable
  /** Real inputs to compare with, beside random ones. */
  samples?: readonly Trial[]
  /** Of the random inputs. */
  seed?: number
}

/** What the original model computes, for others to be compared with. */
export class Reference {
  private constructor(
    private readonly runtime: Runtime,
    /** The inputs that all are run with, the smallest first. */
    readonly trials: readonly Trial[],
    private readonly expected: readonly Tensors[],
  ) {}

  /** Runs the original once on all inputs. @throws UserError where it cannot be run */
  static async of(graph: Graph, options: ReferenceOptions): Promise<Reference> {
    const { runtime, original = encodedOf(graph), samples = [], seed = 0 } = options
    const session = await runtime.createSession(original.model, original.options).catch((error: Error) => {
      throw new UserError(`the model cannot be run, so nothing can be compared: ${oneLine(firstLine(error))}`)
    })
    try {
      const trials = [...(await randomTrials(graph, session, seed)), ...samples]
      if (trials.length === 0)
        throw new UserError(
          'the model takes inputs of none of the sizes that were tried, so nothing can be compared: give it pictures with --images',
        )
      return new Reference(runtime, trials, await resultsOf(session, trials))
    } finally {
      await session.close()
    }
  }

  /** How far a graph's results are from the original's. They are infinitely far where the runtime refuses it. */
  async compare(graph: Graph): Promise<Comparison[]> {
    try {
      const { model, options } = encodedOf(graph)
      const session = await this.runtime.createSession(model, options)
      const actual = await resultsOf(session, this.trials).finally(() => session.close())
      return this.trials.map(({ name }, i) => ({ inputs: name, ...differenceOf(this.expected[i]!, actual[i]!) }))
    } catch {
      return this.trials.map(({ name }) => ({
        inputs: name,
        absolute: Number.POSITIVE_INFINITY,
        relative: Number.POSITIVE_INFINITY,
      }))
    }
  }
}

/** The message of a runtime may go on about where in its source it came up. */
const firstLine = ({ message }: Error) => message.split('\n')[0]!

function encodedOf(graph: Graph): Runnable {
  const { model, externalData } = encodeInMemory(graph)
  return { model, options: { externalData } }
}

async function resultsOf(session: Session, trials: readonly Trial[]): Promise<Tensors[]> {
  const results = []
  for (const { feeds } of trials) results.push(await session.run(feeds()))
  return results
}

const differenceOf = (expected: Tensors, actual: Tensors) =>
  largestOf(Object.entries(expected).map(([name, tensor]) => differenceOfTensors(tensor, actual[name])))

/** The largest of some differences. */
export const largestOf = (differences: readonly NumericDifference[]): NumericDifference => ({
  absolute: Math.max(0, ...differences.map(({ absolute }) => absolute)),
  relative: Math.max(0, ...differences.map(({ relative }) => relative)),
})
