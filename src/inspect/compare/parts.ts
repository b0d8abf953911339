import { formatShape, type Shape } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import { everyPart } from '../understand/counts.js'
import type { PartDifference } from './comparison.js'

/** Parts that follow from how a model was exported, and not from what it computes. */
const skipped: ReadonlySet<PartKind> = new Set(['shapeArithmetic', 'layout', 'other', 'softmax'])

/** Aligns the parts of two models by name, and tells where they are not alike. */
export function compareParts(a: readonly Part[], b: readonly Part[]): PartDifference[] {
  const [partsA, partsB] = [byName(a), byName(b)]
  const differences: PartDifference[] = []
  for (const [name, part] of partsA) {
    const other = partsB.get(name)
    if (other) differences.push(...compareAligned(part, other))
    else if (!hasMissingOuter(name, partsA, partsB))
      differences.push({ name, what: 'only in a', a: describe(part), b: '' })
  }
  for (const [name, part] of partsB)
    if (!partsA.has(name) && !hasMissingOuter(name, partsB, partsA))
      differences.push({ name, what: 'only in b', a: '', b: describe(part) })
  return differences
}

function byName(stages: readonly Part[]): Map<string, Part> {
  const parts = [...everyPart(stages)].filter(({ kind }) => !skipped.has(kind))
  return new Map(parts.map((part) => [part.name, part]))
}

/** Whether a part around this one is missing as well, which says all. */
function hasMissingOuter(name: string, own: ReadonlyMap<string, Part>, others: ReadonlyMap<string, Part>): boolean {
  for (let end = name.lastIndexOf('.'); end > 0; end = name.lastIndexOf('.', end - 1)) {
    const outer = name.slice(0, end)
    if (own.has(outer) && !others.has(outer)) return true
  }
  return false
}

function compareAligned(a: Part, b: Part): PartDifference[] {
  const { name } = a
  if (a.kind !== b.kind) return [{ name, what: 'kind', a: a.kind, b: b.kind }]
  const keys = [...new Set([...Object.keys(a.details), ...Object.keys(b.details)])]
  const differences = keys
    // How a product stores its matrix is a matter of weights, which are compared in one orientation.
    .filter((key) => key !== 'transposed' && !isSame(a.details[key], b.details[key]))
    .map((key) => ({ name, what: key, a: text(a.details[key]), b: text(b.details[key]) }))
  const [x, y] = [a.outputs[0], b.outputs[0]]
  if (x?.isTyped && y?.isTyped && !isSameShape(x.shape, y.shape))
    differences.push({ name, what: 'output shape', a: formatShape(x.shape), b: formatShape(y.shape) })
  return differences
}

type Detail = Part['details'][string] | undefined

const text = (detail: Detail) => String(typeof detail === 'number' ? Number(detail.toPrecision(6)) : (detail ?? ''))

/** Numbers that went through float32 differ in the eighth digit. */
function isSame(a: Detail, b: Detail): boolean {
  if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= 1e-5 * Math.abs(a)
  return a === b
}

/** A symbol may be any number. */
const isSameShape = (a: Shape, b: Shape) =>
  a.length === b.length &&
  a.every((dim, axis) => typeof dim === 'string' || typeof b[axis] === 'string' || dim === b[axis])

function describe({ kind, nodes }: Part): string {
  return `${kind}, ${nodes.length} ${nodes.length === 1 ? 'node' : 'nodes'}`
}
