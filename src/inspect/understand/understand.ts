import type { Graph } from '../../onnx/index.js'
import { countParts } from './counts.js'
import { findParts } from './find-parts.js'
import type { Understanding } from './understanding.js'
import { judge } from './verdict.js'

/**
 * Says what a graph computes, by its structure alone: names play no part. What is not recognised is shown as such, and
 * never fails.
 */
export function understand(graph: Graph): Understanding {
  const stages = findParts(graph)
  return { ...judge(graph, stages), stages, counts: countParts(stages) }
}
