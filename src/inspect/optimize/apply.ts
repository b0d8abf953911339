import type { Graph } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import { cleaning, fusing, raiseOpset, type Target } from './plan.js'

/** A pass that changed something, and the graph after it. */
export interface Step {
  name: string
  before: number
  graph: Graph
}

export interface Applied {
  graph: Graph
  steps: Step[]
  notes: string[]
}

/** Applies all passes but those that are left out, by name. */
export async function applyPasses(
  source: Graph,
  target: Target,
  runtime: Runtime,
  leftOut: ReadonlySet<string>,
): Promise<Applied> {
  const steps: Step[] = []
  const notes: string[] = []
  let graph = source
  const keep = (name: string, result: Graph) => {
    if (result.nodes.length !== graph.nodes.length || result.opset !== graph.opset)
      steps.push({ name, before: graph.nodes.length, graph: result })
    graph = result
  }
  for (let round = 0; round < mostRounds; round++) {
    const before = graph.nodes.length
    for (const pass of cleaning.filter(({ name }) => !leftOut.has(name)))
      keep(pass.name, await pass.apply(graph, runtime))
    if (graph.nodes.length === before) break
  }
  const raised = raiseOpset(graph, target)
  if (raised.note) notes.push(raised.note)
  for (const pass of [...(raised.pass ? [raised.pass] : []), ...fusing(target)]) {
    if (leftOut.has(pass.name)) continue
    const fused = await pass.apply(graph, runtime)
    keep(pass.name, fused === graph ? graph : await cleaned(fused, runtime, leftOut))
  }
  return { graph, steps, notes }
}

/** Each round sees what the one before has left; more are seldom needed. */
const mostRounds = 4

async function cleaned(source: Graph, runtime: Runtime, leftOut: ReadonlySet<string>): Promise<Graph> {
  let graph = source
  for (let round = 0; round < mostRounds; round++) {
    const before = graph.nodes.length
    for (const pass of cleaning) if (!leftOut.has(pass.name)) graph = await pass.apply(graph, runtime)
    if (graph.nodes.length === before) break
  }
  return graph
}
