import { type Attributes, type DType, Graph, int, Node, type TensorType, type Value } from '../../onnx/index.js'
import { toFloat32 } from '../../weights/index.js'

const isNarrow = (dtype: DType) => dtype === 'float16' || dtype === 'bfloat16'

/** Whether a graph computes with numbers of 16 bits. */
export const isNarrowGraph = (graph: Graph): boolean =>
  [...graph.inputs, ...graph.initializers.values()].some((value) => value.isTyped && isNarrow(value.dtype))

/**
 * The same graph computing with float32 where it has float16 or bfloat16: what its weights are meant to give, without the
 * rounding of every step.
 */
export function widenGraph(source: Graph): Graph {
  const target = new Graph({ ...source.options, notes: [] })
  for (const [domain, version] of source.domains) target.domains.set(domain, version)
  const copies = new Map<Value, Value>()
  for (const input of source.inputs) copies.set(input, target.input(input.name, widened(input.dtype), input.shape))
  for (const value of source.initializers.values()) copies.set(value, copyConstant(value, target))
  for (const node of source.nodes) {
    const inputs = node.inputs.map((input) => input && copies.get(input))
    const copy = new Node(target, node.op, node.name, inputs, widenedAttributes(node), node.domain)
    const declared = node.outputs.map((output) => output && declaredType(output))
    const outputs = target.append(
      copy,
      node.outputs.map((output) => output?.name ?? ''),
      declared,
    )
    for (const [i, output] of outputs.entries()) if (output) copies.set(node.outputs[i]!, output)
  }
  for (const output of source.outputs) target.output(output.name, copies.get(output)!)
  return target
}

const widened = (dtype: DType): DType => (isNarrow(dtype) ? 'float32' : dtype)

function copyConstant(value: Value, target: Graph): Value {
  if (!isNarrow(value.dtype)) return target.initializerLike(value, value.name)
  const { shape, data } = toFloat32({ dtype: value.dtype, shape: value.shape as number[], data: value.data! })
  return target.initializer(value.name, 'float32', shape, data)
}

const declaredType = (output: Value): TensorType | undefined =>
  output.isTyped ? { dtype: widened(output.dtype), shape: output.shape } : undefined

/** 1 is float32 in `TensorProto.DataType`; 10 and 16 are those of 16 bits. */
function widenedAttributes({ op, attributes }: Node): Attributes {
  const entries = Object.entries(attributes).map(([name, attribute]) => {
    if (name === 'to' && op === 'Cast' && attribute.kind === 'int' && [10, 16].includes(attribute.value))
      return [name, int(1)] as const
    if (attribute.kind === 'tensor' && isNarrow(attribute.value.dtype))
      return [name, { kind: 'tensor', value: toFloat32(attribute.value) }] as const
    return [name, attribute] as const
  })
  return Object.fromEntries(entries)
}
