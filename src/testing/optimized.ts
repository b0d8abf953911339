import assert from 'node:assert/strict'
import { type OptimizeOptions, optimize } from '../inspect/optimize/index.js'
import type { Graph } from '../onnx/index.js'
import { inlineRuntime } from '../runtime/node/runtime.js'

/** The optimised graph, whose results were asserted to be the original's. */
export async function optimized(graph: Graph, options: Partial<OptimizeOptions> = {}) {
  const result = await optimize(graph, { runtime: inlineRuntime, ...options })
  const { leftOut, largestDifference } = result.report
  assert.deepEqual(leftOut, [])
  assert.ok(largestDifference.relative <= (options.float16 ? 2e-2 : 1e-5), `${largestDifference.relative}`)
  return result
}

/** How often each operator occurs; those of other domains with theirs before. */
export function opsOf(graph: Graph): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { op, domain } of graph.nodes) {
    const name = domain ? `${domain}.${op}` : op
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}
