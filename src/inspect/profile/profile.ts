import type { Node } from '../../onnx/index.js'
import type { Attribution } from './attribution.js'
import type { KernelTime } from './kernel-times.js'

/**
 * Where the time of a run goes: means over the middle half of the runs, by their length. Like medians they mind no
 * outliers, and unlike those they add up.
 */
export interface Profile {
  /** How many were measured. */
  runs: number
  /** Of a whole run: the sum of what its kernels take. */
  microseconds: number
  /** By node of the model; what the runtime fused is put down to one of the nodes it came from. */
  nodes: ReadonlyMap<Node, number>
  /** The share of the time, from 0 to 1, that nodes of the model account for. */
  attributed: number
  /** By operator as the runtime ran it, the longest first. */
  kernels: readonly KernelSum[]
}

/** All kernels of one operator. */
export interface KernelSum {
  op: string
  count: number
  microseconds: number
}

/** Sums up the kernels of several runs of a model. */
export function summarizeProfile(runs: readonly (readonly KernelTime[])[], attribution: Attribution): Profile {
  const counted = middleHalf(runs)
  const byNode = means(counted, (kernel) => attribution(kernel))
  const microseconds = sum(byNode.values())
  const nodes = new Map([...byNode].flatMap(([node, time]) => (node ? [[node, time] as const] : [])))
  const ops = means(counted, ({ op }) => op)
  const counts = countBy(runs.at(-1) ?? [], ({ op }) => op)
  return {
    runs: runs.length,
    microseconds,
    nodes,
    attributed: microseconds > 0 ? sum(nodes.values()) / microseconds : 0,
    kernels: [...ops]
      .map(([op, time]) => ({ op, count: counts.get(op) ?? 0, microseconds: time }))
      .sort((a, b) => b.microseconds - a.microseconds),
  }
}

type Run = readonly KernelTime[]

/** The runs without the fastest and the slowest quarter. */
function middleHalf(runs: readonly Run[]): readonly Run[] {
  const length = (run: Run) => sum(run.map(({ microseconds }) => microseconds))
  const quarter = Math.floor(runs.length / 4)
  return runs.toSorted((a, b) => length(a) - length(b)).slice(quarter, runs.length - quarter)
}

/** What all kernels with the same key take together, in the mean of the runs. */
function means<K>(runs: readonly Run[], key: (kernel: KernelTime) => K): Map<K, number> {
  const sums = new Map<K, number>()
  for (const kernel of runs.flat()) {
    const of = key(kernel)
    sums.set(of, (sums.get(of) ?? 0) + kernel.microseconds / runs.length)
  }
  return sums
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0)

function countBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}
