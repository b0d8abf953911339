import type { Node } from '../../onnx/index.js'
import type { Attribution } from './attribution.js'
import type { KernelTime } from './kernel-times.js'

/** Where the time of a run goes: medians over runs. */
export interface Profile {
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
  const byNode = medians(runs, (kernel) => attribution(kernel))
  const microseconds = sum(byNode.values())
  const nodes = new Map([...byNode].flatMap(([node, time]) => (node ? [[node, time] as const] : [])))
  const counts = countBy(runs.at(-1) ?? [], ({ op }) => op)
  return {
    runs: runs.length,
    microseconds,
    nodes,
    attributed: microseconds > 0 ? sum(nodes.values()) / microseconds : 0,
    kernels: kernelSums(
      medians(runs, ({ op }) => op),
      counts,
    ),
  }
}

const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, number) => total + number, 0)

const kernelSums = (ops: ReadonlyMap<string, number>, counts: ReadonlyMap<string, number>) =>
  [...ops]
    .map(([op, microseconds]) => ({ op, count: counts.get(op) ?? 0, microseconds }))
    .sort((a, b) => b.microseconds - a.microseconds)

/** The median over runs of what all kernels with the same key take together. */
function medians<K>(runs: readonly (readonly KernelTime[])[], key: (kernel: KernelTime) => K): Map<K, number> {
  const sums = new Map<K, number[]>()
  for (const [i, run] of runs.entries()) {
    for (const kernel of run) {
      const of = key(kernel)
      const times = sums.get(of) ?? new Array<number>(runs.length).fill(0)
      times[i]! += kernel.microseconds
      sums.set(of, times)
    }
  }
  return new Map([...sums].map(([of, times]) => [of, median(times)]))
}

function countBy<T, K>(items: readonly T[], key: (item: T) => K): Map<K, number> {
  const counts = new Map<K, number>()
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1)
  return counts
}

/** The middle one; of two, their mean. */
function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
