import { UserError } from '../../errors.js'
import { elementCount, type Graph } from '../../onnx/index.js'
import type { Session, Tensors } from '../../runtime/session.js'
import { costsOf } from '../inspection/costs.js'
import { bindSizes, chooseSizes, type Sizes } from '../inspection/sizes.js'
import { randomFeeds } from '../random-feeds.js'
import { understand } from '../understand/understand.js'

/** What a model is tried with. */
export interface Trial {
  /** Such as `random, batch 3`, or the path of a picture. */
  name: string
  /** Made anew each time: a session may take them over. */
  feeds: () => Tensors
}

/** Numbers of samples that are tried where the model leaves it open. */
const batches = [1, 3]

/** Sizes of what else the model leaves open, tried one after the other where nothing tells them. */
const attempts = [{}, { imageSize: 64, tokens: 16 }, { imageSize: 32, tokens: 8 }]

/**
 * Seeded random inputs that the model takes, several where its batch is open. Empty where none of the sizes that are
 * tried suits it.
 */
export async function randomTrials(graph: Graph, session: Session, seed: number): Promise<Trial[]> {
  const isOpen = graph.inputs.some(({ type }) => typeof type?.shape[0] === 'string')
  const { imageSize, inChannels: channels } = understand(graph).config ?? {}
  for (const attempt of attempts) {
    const sizes = { ...attempt, channels, ...(imageSize !== undefined && { imageSize }) }
    const trials = (isOpen ? batches : [1]).map((batch) => {
      const bound = bindSizes(graph, chooseSizes(graph, { batch, ...sizes }))
      requireMemory(graph, bound)
      return { name: isOpen ? `random, batch ${batch}` : 'random', feeds: () => randomFeeds(graph, bound, seed) }
    })
    if (await accepts(session, trials)) return trials
  }
  return []
}

/** Bytes of inputs and results at one time. Of models that take more, some files are made to take all that there is. */
const mostMemory = 16e9

function requireMemory(graph: Graph, sizes: Sizes) {
  const inputs = graph.inputs.reduce((sum, input) => sum + 4 * elementCount(sizes(input) ?? []), 0)
  let peak = inputs
  for (const { liveBytes } of costsOf(graph, sizes).values()) peak = Math.max(peak, inputs + liveBytes)
  if (peak > mostMemory)
    throw new UserError(`a run of the model takes ${Math.round(peak / 1e9)} GB, which is too much to compare results`)
}

async function accepts(session: Session, trials: readonly Trial[]): Promise<boolean> {
  try {
    for (const { feeds } of trials) await session.run(feeds())
    return true
  } catch {
    return false
  }
}
