import type { Graph } from '../../onnx/index.js'
import type { Runtime } from '../../runtime/session.js'
import type { Pass } from './pass.js'
import { cleaning, fusing, raiseOpset, type Target } from './plan.js'

/** A pass, and the graph before and after it. */
export interface Step {
  name: string
  before: Graph
  after: Graph
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
  const take = async ({ name, apply }: Pass) => {
    if (leftOut.has(name)) return
    const after = await apply(graph, runtime)
    if (after !== graph) steps.push({ name, before: graph, after })
    graph = after
  }
  const clean = cleaning.filter(({ name }) => !leftOut.has(name))
  await repeatedly(clean, () => graph, take)
  const raised = raiseOpset(graph, target)
  if (raised.note) notes.push(raised.note)
  for (const pass of [...(raised.pass ? [raised.pass] : []), ...fusing(target)])
    await take({
      name: pass.name,
      apply: async (graph) => cleaned(await pass.apply(graph, runtime), graph, clean, runtime),
    })
  return { graph, steps, notes }
}

/** The graph after a pass without what it has left behind. */
async function cleaned(after: Graph, before: Graph, passes: readonly Pass[], runtime: Runtime): Promise<Graph> {
  if (after === before) return after
  let graph = after
  await repeatedly(
    passes,
    () => graph,
    async (pass) => {
      graph = await pass.apply(graph, runtime)
    },
  )
  return graph
}

/** Each round sees what the one before has left; more are seldom needed. */
const mostRounds = 4

async function repeatedly(passes: readonly Pass[], current: () => Graph, take: (pass: Pass) => Promise<void>) {
  for (let round = 0; round < mostRounds; round++) {
    const count = current().nodes.length
    for (const pass of passes) await take(pass)
    // The first may have put things in another order alone, for the second to use.
    if (round > 0 && current().nodes.length === count) return
  }
}
