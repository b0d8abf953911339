import type { Graph } from '../../onnx/index.js'
import type { Session, Tensors } from '../../runtime/session.js'
import { bindSizes, chooseSizes } from '../inspection/sizes.js'
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
      return { name: isOpen ? `random, batch ${batch}` : 'random', feeds: () => randomFeeds(graph, bound, seed) }
    })
    if (await accepts(session, trials)) return trials
  }
  return []
}

async function accepts(session: Session, trials: readonly Trial[]): Promise<boolean> {
  try {
    for (const { feeds } of trials) await session.run(feeds())
    return true
  } catch {
    return false
  }
}
