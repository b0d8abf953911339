import { UserError } from '../errors.js'
import { activationBytesOf, views } from '../inspect/index.js'
import { bytesPerElement, elementCount, type Graph, type Node, type Value } from '../onnx/index.js'
import type { TrainStep } from './train-step.js'

/** What training holds at its peak, in bytes. */
export interface MemoryEstimate {
  batch: number
  /** Weights: those of the model itself, and what of them does not learn once more in the step. */
  weights: number
  /**
   * Parameters and the optimizer's slots twice, as a checkpoint takes a copy, and once more what a step cannot write over
   * while it reads it.
   */
  state: number
  gradients: number
  /** What else the step has computed and still needs, at the moment when that is most. */
  activations: number
  /** The batch, and the next one, which is prepared meanwhile. */
  input: number
  total: number
}

/** The runtime's code and the process around it, as measured. */
const processBytes = 150e6
/** Between pieces of memory of different sizes some cannot be used: measured shares are 0.1 to 0.25. */
const fragmentation = 1.2

/**
 * Estimates what training with a compiled step takes at its peak. Nothing is run: the graph's shapes tell.
 * Evaluation between epochs is taken to need no more than a step.
 */
export function estimateMemory({ graph, state, parameters, gradients }: TrainStep): MemoryEstimate {
  const held = new Set(state.map(({ input }) => input))
  const outputs = new Set(state.map(({ output }) => output))
  const batches = graph.inputs.filter(({ name }) => !held.has(name))
  const learned = sum([...parameters.values()].map(({ initial }) => bytesOf(initial)))
  const constants = sum([...graph.initializers.values()].map(bytesOf))
  const parts = {
    weights: learned + 2 * constants,
    state: sum(state.map(({ initial, inPlace }) => (inPlace ? 2 : 3) * bytesOf(initial))),
    gradients: learned,
    activations: fragmentation * peakOf(graph, (value) => outputs.has(value.name) || gradients.has(value)),
    input: 2 * sum(batches.map(bytesOf)),
  }
  const batch = Number(graph.inputs.find(({ name }) => name === 'labels')?.shape[0])
  return { batch, ...parts, total: sum(Object.values(parts)) + processBytes }
}

/**
 * The most bytes that intermediate results take at once, each alive from the node that computes it to the last one that
 * needs it (liveness analysis). Those that are counted apart take none here.
 */
function peakOf(graph: Graph, countsApart: (value: Value) => boolean): number {
  const lastUse = lastUses(graph)
  let [alive, peak] = [0, 0]
  const dying = new Map<Node, number>()
  for (const node of graph.nodes) {
    const bytes = node.outputs.some((output) => output && countsApart(output)) ? 0 : activationBytesOf(node)
    alive += bytes
    peak = Math.max(peak, alive)
    const last = lastUse.get(node) ?? node
    dying.set(last, (dying.get(last) ?? 0) + bytes)
    alive -= dying.get(node) ?? 0
  }
  return peak
}

/** The node after which nobody needs a node's results; a view keeps alive what it looks at. */
function lastUses(graph: Graph): Map<Node, Node> {
  const last = new Map<Node, Node>()
  const order = new Map(graph.nodes.map((node, i) => [node, i]))
  for (const node of graph.nodes.toReversed())
    for (const input of node.inputs) {
      const producer = input?.producer
      if (!producer) continue
      const until = views.has(node.op) ? (last.get(node) ?? node) : node
      const known = last.get(producer)
      if (!known || order.get(until)! > order.get(known)!) last.set(producer, until)
    }
  return last
}

const bytesOf = ({ shape, dtype }: Pick<Value, 'shape' | 'dtype'>) =>
  elementCount(shape as readonly number[]) * bytesPerElement(dtype)

const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0)

/**
 * Refuses a training step that will not fit.
 * @param available bytes that the machine can give
 * @throws UserError that names a batch size which fits, where one does, and checkpointing where the step is without
 */
export function requireMemory(
  estimate: MemoryEstimate,
  available: number,
  { checkpointing = false }: { checkpointing?: boolean } = {},
): void {
  const { batch, total, activations, input } = estimate
  if (total <= available) return
  const perSample = (activations + input) / batch
  const fitting = Math.floor((available - (total - activations - input)) / perSample)
  const smaller = fitting >= 1 ? `choose a --batch-size of at most ${fitting}` : 'choose a smaller model'
  const advice = checkpointing ? smaller : `try --checkpointing, or ${smaller}`
  throw new UserError(
    `training with a --batch-size of ${batch} needs about ${gigabytes(total)} GB of memory and ${gigabytes(available)} GB are free: ${advice}`,
  )
}

/** What of the memory that a step leaves free decoded pictures may take: `wanted` bytes, half of the free ones at most. */
export function roomForPictures({ total }: MemoryEstimate, available: number, wanted: number): number {
  return Math.max(0, Math.min(wanted, (available - total) / 2))
}

const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1)
