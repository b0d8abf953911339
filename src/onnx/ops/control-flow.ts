import type { Dim, Shape } from '../dim.js'
import type { Node, TensorType, Value } from '../node.js'
import type { Schema } from '../schema.js'

/** Schemas of the operators that run graphs inside themselves, by what those graphs give. */

const typesOf = (values: readonly Value[]): (TensorType | undefined)[] =>
  values.map(({ type }) => type && { dtype: type.dtype, shape: type.shape })

/** What holds of a value whichever of two types it has. */
function either(node: Node, a: TensorType | undefined, b: TensorType | undefined): TensorType | undefined {
  if (!a || !b || a.dtype !== b.dtype || a.shape.length !== b.shape.length) return undefined
  return { dtype: a.dtype, shape: a.shape.map((dim, i) => (dim === b.shape[i] ? dim : node.graph.unknownDim())) }
}

const graphOf = (node: Node, name: string) => {
  const attribute = node.attributes[name]
  if (attribute?.kind !== 'graph') throw new Error(`attribute ${name} is missing`)
  return attribute.value.graph
}

const ifSchema: Schema = (node) => {
  const [yes, no] = ['then_branch', 'else_branch'].map((name) => typesOf(graphOf(node, name).outputs))
  const [condition] = node.input(0).content ?? []
  if (typeof condition === 'number') return condition ? yes! : no!
  return yes!.map((type, i) => either(node, type, no![i]))
}

/** Trip count, condition, then what goes around; the body's outputs start with the condition and end with what is collected. */
const loopSchema: Schema = (node) => {
  const carried = node.args.length - 2
  const [, ...outputs] = typesOf(graphOf(node, 'body').outputs)
  const rounds = node.inputs[0]?.content?.[0] ?? node.graph.unknownDim()
  // The condition may end it earlier.
  const count = node.inputs[1] && node.inputs[1].content?.[0] !== 1 ? node.graph.unknownDim() : rounds
  return outputs.map((type, i) =>
    i < carried ? either(node, type, node.inputs[i + 2]?.type) : type && stacked(type, 0, count),
  )
}

/** States first, then sequences that are cut along an axis; the last `num_scan_inputs` inputs are such. */
const scanSchema: Schema = (node) => {
  // Opset 8 has a batch axis and lengths as its first input.
  if (node.graph.opset < 9) return undefined
  const states = node.args.length - node.int('num_scan_inputs')
  const outputs = typesOf(graphOf(node, 'body').outputs)
  const sequence = node.input(states)
  const [axis = 0] = node.ints('scan_input_axes', [])
  const steps = sequence.shape.at(axis)!
  const axes = node.ints('scan_output_axes', [])
  return outputs.map((type, i) => {
    if (i < states) return either(node, type, node.inputs[i]?.type)
    const at = axes[i - states] ?? 0
    return type && stacked(type, at < 0 ? at + type.shape.length + 1 : at, steps)
  })
}

const stacked = ({ dtype, shape }: TensorType, axis: number, steps: Dim): TensorType => ({
  dtype,
  shape: (shape as Dim[]).toSpliced(axis, 0, steps) as Shape,
})

export const controlFlowSchemas: Record<string, Schema> = { If: ifSchema, Loop: loopSchema, Scan: scanSchema }
