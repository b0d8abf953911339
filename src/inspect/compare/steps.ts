import type { Graph, Value } from '../../onnx/index.js'
import type { Part, PartKind } from '../part.js'
import { everyPart } from '../understand/counts.js'
import type { Side } from './weights.js'

/** A value that both models compute. */
export interface Step {
  name: string
  a: Value
  b: Value
}

/** Of models without layers, so many values are compared at most. */
const mostValues = 64

const outerKinds: readonly PartKind[] = ['preprocessing', 'encoderLayer', 'postprocessing']

/** Values between input and outputs: what the stages and layers of both give, or else what has the same name in both. */
export function stepsBetween(a: Side, b: Side): Step[] {
  const isOuter = ({ kind }: Part) => outerKinds.includes(kind)
  const steps = aligned([...everyPart(a.stages)].filter(isOuter), [...everyPart(b.stages)].filter(isOuter))
  return steps.length > 0 ? steps : namedAlike(a.graph, b.graph)
}

/** The values within a step: what the parts of that layer or stage give. */
export function stepsWithin(step: Step, a: Side, b: Side): Step[] {
  const insideOf = ({ stages }: Side) =>
    [...everyPart(stages)].filter(({ name }) => name === step.name).flatMap((part) => [...everyPart(part.parts)])
  return aligned(insideOf(a), insideOf(b))
}

/** What parts of the same name give, in the order of computation. */
function aligned(a: readonly Part[], b: readonly Part[]): Step[] {
  const others = new Map(b.map((part) => [part.name, part]))
  const positions = new Map(a[0]?.nodes[0]?.graph.nodes.map((node, i) => [node, i]))
  return a
    .flatMap(({ name, kind, outputs }): Step[] => {
      const [value] = outputs
      const other = others.get(name)
      const isComparable = kind !== 'layout' && kind !== 'shapeArithmetic' && other?.kind === kind
      return isComparable && isFloat(value) && isFloat(other.outputs[0])
        ? [{ name, a: value, b: other.outputs[0] }]
        : []
    })
    .sort((x, y) => (positions.get(x.a.producer!) ?? 0) - (positions.get(y.a.producer!) ?? 0))
}

function namedAlike(a: Graph, b: Graph): Step[] {
  const others = new Map(b.nodes.flatMap(({ outputs }) => outputs.map((output) => [output?.name, output] as const)))
  const steps = a.nodes.flatMap((node): Step[] => {
    const [value] = node.outputs
    const other = value && others.get(value.name)
    return !node.constant && isFloat(value) && isFloat(other) ? [{ name: value.name, a: value, b: other }] : []
  })
  const stride = Math.ceil(steps.length / mostValues)
  return steps.filter((_, i) => i % stride === 0)
}

const isFloat = (value: Value | undefined): value is Value =>
  value?.isTyped === true && value.dtype.includes('float') && value.producer !== undefined
