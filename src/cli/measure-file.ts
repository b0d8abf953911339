import { UserError } from '../errors.js'
import { bindSizes } from '../inspect/inspection/sizes.js'
import { attributionTo } from '../inspect/profile/attribution.js'
import { formatProfile } from '../inspect/profile/format-profile.js'
import { parseProfile } from '../inspect/profile/kernel-times.js'
import { type Profile, summarizeProfile } from '../inspect/profile/profile.js'
import { randomFeeds } from '../inspect/random-feeds.js'
import type { Understanding } from '../inspect/understand/understanding.js'
import type { Node } from '../onnx/index.js'
import { profileModel } from '../runtime/node/profile.js'
import type { OpenOnnx } from './open-onnx.js'
import { textOptions } from './text-options.js'

/** A profile, as text and as plain data. */
export interface MeasuredFile {
  profile: Profile
  text: string
  /** With indices of nodes in place of the nodes. */
  json: (nodes: readonly Node[]) => unknown
}

/** Runs a model on random input and measures where the time goes. */
export async function measureFile(
  { path, bytes, model }: OpenOnnx,
  { stages }: Understanding,
  sizes: Readonly<Record<string, number>>,
): Promise<MeasuredFile> {
  const { graph } = model
  const { trace, runs, threads, optimized } = await profileModel(path, bytes, feedsFor(path, graph, sizes))
  const profile = summarizeProfile(parseProfile(trace).slice(-runs), attributionTo(graph, optimized))
  const { nodes, ...rest } = profile
  return {
    profile,
    text: formatProfile(profile, stages, { threads, sizes }, textOptions()),
    json: (all) => ({
      ...rest,
      threads,
      sizes,
      nodes: all.flatMap((node, index) => (nodes.has(node) ? [{ node: index, microseconds: nodes.get(node) }] : [])),
    }),
  }
}

function feedsFor(path: string, graph: OpenOnnx['model']['graph'], sizes: Readonly<Record<string, number>>) {
  try {
    return randomFeeds(graph, bindSizes(graph, sizes))
  } catch (error) {
    throw new UserError(`${path} cannot be run: ${(error as Error).message}`)
  }
}
