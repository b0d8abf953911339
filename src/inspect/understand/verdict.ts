import { type Graph, neededNodes } from '../../onnx/index.js'
import type { Part } from '../part.js'
import { blockCount, blockDifferences } from './blocks.js'
import { configOf } from './config.js'
import { traitsOf } from './layer-traits.js'
import { otherThanViT, tokenInputs } from './other-models.js'
import { type Roles, rolesOf } from './roles.js'
import { describeViT } from './sentence.js'
import type { Understanding } from './understanding.js'
import { wholeDifferences } from './whole.js'

/** What a model is as a whole, from the tree of its parts. */
export type Verdict = Pick<Understanding, 'kind' | 'sentence' | 'config' | 'differences'>

/** Says what the graph with these stages is. It makes no claim beyond what was recognised. */
export function judge(graph: Graph, stages: readonly Part[]): Verdict {
  const roles = rolesOf(stages)
  if (!isViT(graph, roles)) return { ...otherThanViT(graph, stages), differences: [] }
  const config = configOf(graph, roles, blockCount(stages))
  const differences = [...wholeDifferences(graph, roles, config), ...blockDifferences(stages, roles)]
  return { kind: 'vit', sentence: describeViT(config, differences), config, differences }
}

/** Patches of a picture, cut from it directly, that go through layers of attention and MLP of one width. */
function isViT(graph: Graph, { patchEmbedding, layers }: Roles): boolean {
  if (!patchEmbedding || layers.length === 0 || tokenInputs(graph).length > 0) return false
  const widths = new Set(layers.map((layer) => traitsOf(layer).dim))
  return widths.size === 1 && isMadeOfPixels(graph, patchEmbedding)
}

/** Whether no convolution comes before the patches. */
function isMadeOfPixels(graph: Graph, { inputs }: Part): boolean {
  return neededNodes(graph, inputs).every(({ op }) => op !== 'Conv')
}
