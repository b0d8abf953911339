import {
  bytesPerElement,
  copyNodes,
  type DType,
  elementCount,
  encodeInMemory,
  Graph,
  isStatic,
  type Node,
  rewrite,
  type Tensor,
  type Value,
} from '../../../onnx/index.js'
import type { Runtime } from '../../../runtime/session.js'
import { type Pass, typesOf } from '../pass.js'

/** What follows from constants alone is computed now, by the runtime, and not whenever the model runs. */
export const foldConstants: Pass = { name: 'results of constants alone', apply: foldIn }

async function foldIn(graph: Graph, runtime: Runtime): Promise<Graph> {
  const wanted = foldableResults(graph)
  const results = wanted.length > 0 ? await compute(graph, wanted, runtime) : new Map<Value, Tensor>()
  return rewrite(graph, (node) => {
    const constants = node.outputs.map((output) => output && (constantOf(output) ?? results.get(output)))
    if (!constants.some((constant) => constant) || constants.some((constant, i) => !constant && node.outputs[i]))
      return undefined
    return {
      inputs: [],
      emit: (_, target) =>
        constants.map(
          (tensor, i) => tensor && target.initializer(node.outputs[i]!.name, tensor.dtype, tensor.shape, tensor.data),
        ),
    }
  })
}

/** What a Constant node gives. */
const constantOf = (value: Value): Tensor | undefined => value.producer?.constant

/** Values of foldable nodes that others need. */
function foldableResults(graph: Graph): Value[] {
  const folded = new Set<Node>()
  const isKnown = (value: Value | undefined) =>
    value === undefined || value.isConstant || (value.producer !== undefined && folded.has(value.producer))
  for (const node of graph.nodes)
    if (isFoldable(node) && node.inputs.some((input) => input) && node.inputs.every(isKnown)) folded.add(node)
  const used = new Set<Value | undefined>(graph.outputs)
  for (const node of graph.nodes) if (!folded.has(node)) for (const input of node.inputs) used.add(input)
  return [...folded].flatMap((node) => node.outputs.filter((output): output is Value => used.has(output)))
}

/** Types that arrive from every runtime as they are. */
const dtypes: ReadonlySet<DType> = new Set(['float32', 'float64', 'int64', 'int32', 'bool', 'uint8', 'int8'])

/** A constant this small may grow, as by ConstantOfShape; a larger one may not. */
const smallResult = 2 ** 16

function isFoldable(node: Node): boolean {
  // What is quantised stays small.
  if (node.domain !== '' || /^Random|Multinomial|Bernoulli|Dropout|Quantize|Sequence|Optional/.test(node.op))
    return false
  const types = typesOf(node)
  if (types.length === 0 || !types.every((type) => type && dtypes.has(type.dtype) && isStatic(type.shape))) return false
  const after = types.reduce((sum, type) => sum + bytesOf(type!.dtype, type!.shape), 0)
  const before = node.inputs.reduce((sum, input) => sum + (input?.isTyped ? bytesOf(input.dtype, input.shape) : 0), 0)
  return after <= Math.max(before, smallResult)
}

const bytesOf = (dtype: DType, shape: readonly (number | string)[]) =>
  bytesPerElement(dtype) * elementCount(shape.map(Number))

/** Runs the part of the graph that gives these values. */
async function compute(graph: Graph, wanted: readonly Value[], runtime: Runtime): Promise<Map<Value, Tensor>> {
  const part = new Graph(graph.options)
  const outputs = copyNodes(graph, wanted, part, { mapping: new Map() }).map((value) => part.output(value.name, value))
  const { model, externalData } = encodeInMemory(part)
  const session = await runtime.createSession(model, { externalData })
  try {
    const results = await session.run({})
    return new Map(wanted.map((value, i) => [value, results[outputs[i]!.name]!]))
  } finally {
    await session.close()
  }
}
