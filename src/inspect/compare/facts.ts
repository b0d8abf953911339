import { formatShape, type Graph, type OnnxModel, type Value } from '../../onnx/index.js'
import type { Understanding } from '../understand/understanding.js'
import type { Comparison, FactDifference } from './comparison.js'

/** A model that is compared with another. */
export interface ComparedModel {
  /** What it is called, such as its path. */
  name: string
  model: OnnxModel
  understanding: Understanding
}

/** What two models say of themselves and what they were recognised as, where that differs. */
export function compareFacts(a: ComparedModel, b: ComparedModel): FactDifference[] {
  const [factsA, factsB] = [factsOf(a), factsOf(b)]
  return [...new Set([...factsA.keys(), ...factsB.keys()])]
    .map((what) => ({ what, a: factsA.get(what) ?? '', b: factsB.get(what) ?? '' }))
    .filter(({ a, b }) => a !== b)
}

function factsOf({ model, understanding }: ComparedModel): Map<string, string> {
  const { graph, producer, irVersion, opsets } = model
  const { kind, config = {}, differences } = understanding
  return new Map([
    ['producer', producer],
    ['IR version', String(irVersion)],
    ...[...opsets].map(([domain, version]): [string, string] => [`opset ${domain}`.trim(), String(version)]),
    ['inputs', signature(graph.inputs)],
    ['outputs', signature(graph.outputs)],
    ['nodes', String(graph.nodes.length)],
    ['kind', kind],
    ...Object.entries(config).map(([key, value]): [string, string] => [`config.${key}`, exact(value)]),
    ['differences from a ViT', String(differences.length)],
  ])
}

/** Numbers that went through float32 differ in the eighth digit. */
const exact = (value: unknown) =>
  typeof value === 'number' ? String(Number(value.toPrecision(6))) : JSON.stringify(value)

const signature = (values: readonly Value[]) =>
  values
    .map((value) => `${value.name} ${value.isTyped ? value.dtype + formatShape(value.shape) : ''}`.trim())
    .join(', ')

/** Operators that do not occur equally often. */
export function compareOps(a: Graph, b: Graph): Comparison['ops'] {
  const [countsA, countsB] = [countOps(a), countOps(b)]
  return [...new Set([...countsA.keys(), ...countsB.keys()])]
    .sort()
    .map((op) => ({ op, a: countsA.get(op) ?? 0, b: countsB.get(op) ?? 0 }))
    .filter(({ a, b }) => a !== b)
}

/** How often each operator occurs; those of other domains are named with theirs. */
export function countOps({ nodes }: Graph): Map<string, number> {
  const counts = new Map<string, number>()
  for (const { op, domain } of nodes) {
    const name = domain ? `${domain}.${op}` : op
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}
