import type { Graph } from '../../onnx/index.js'
import type { Part } from '../part.js'
import type { Understanding } from './understanding.js'

/** What a model is as a whole, from the tree of its parts. */
export type Verdict = Pick<Understanding, 'kind' | 'sentence' | 'config' | 'differences'>

/** Says what the graph with these stages is. It makes no claim beyond what was recognised. */
export function judge(_graph: Graph, _stages: readonly Part[]): Verdict {
  return { kind: 'other', sentence: 'The model was not recognised.', differences: [] }
}
