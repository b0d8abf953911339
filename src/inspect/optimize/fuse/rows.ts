import { type Graph, int, type Node, ops, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
import { numbersFor } from '../clean/known-shapes.js'
import { isOp, type Pass, useCounts } from '../pass.js'
import { emitLinear, isLinearInput } from './linear.js'

/**
 * A MatMul with weights and the Add of its bias become a Gemm over the rows of all samples. What lies between two of
 * them works on such rows too, so that few reshapes are left.
 */
export const linearToGemm: Pass = { name: 'MatMul and Add to Gemm over rows', apply: toRows }

function toRows(graph: Graph): Graph {
  // Before, a Gemm had to have a bias.
  if (graph.opset < 11) return graph
  const uses = useCounts(graph)
  const products = new Map<Node, Replacement>()
  for (const node of graph.nodes) {
    const replacement = withBias(node, uses) ?? withoutBias(node)
    if (replacement) products.set(node, replacement)
  }
  const onRows = nodesOnRows(graph, new Set(products.keys()))
  return rewrite(graph, (node) => products.get(node) ?? (onRows.has(node) ? overRows(node) : undefined))
}

function withBias(node: Node, uses: ReadonlyMap<Value, number>): Replacement | undefined {
  if (!isOp(node, 'Add')) return undefined
  for (const [product, bias] of [node.inputs, node.inputs.toReversed()]) {
    const found = product?.producer && constantProduct(product.producer)
    if (!found || uses.get(product) !== 1 || !isVector(bias, product)) continue
    return {
      inputs: [found.x, found.weight, bias],
      emit: ([x, weight, bias]) => [emitLinear(x!, { weight: weight!, bias, transposed: false })],
    }
  }
  return undefined
}

function withoutBias(node: Node): Replacement | undefined {
  const found = constantProduct(node)
  if (!found) return undefined
  return {
    inputs: [found.x, found.weight],
    emit: ([x, weight]) => [emitLinear(x!, { weight: weight!, transposed: false })],
  }
}

/** x·W of a MatMul whose W is a constant matrix. */
function constantProduct(node: Node): { x: Value; weight: Value } | undefined {
  const [x, weight] = node.inputs
  if (!isOp(node, 'MatMul') || !weight?.numbers || weight.rank !== 2 || weight.dtype !== 'float32') return undefined
  return x && !x.isConstant && isLinearInput(x) ? { x, weight } : undefined
}

const isVector = (bias: Value | undefined, product: Value): bias is Value =>
  bias?.numbers !== undefined && bias.rank === 1 && bias.shape[0] === product.shape.at(-1)

/** Operators that compute each element from one, or two at the same place. */
const elementwise = ['Gelu', 'Erf', 'Tanh', 'Sigmoid', 'Relu', 'Add', 'Sub', 'Mul', 'Div']

/** Nodes beside products that give the same when they are given rows: those that only touch products and each other. */
function nodesOnRows(graph: Graph, products: ReadonlySet<Node>): Set<Node> {
  const found = new Set<Node>()
  const fromRows = new Set(graph.nodes.filter((node) => products.has(node) || isFromRows(node)))
  const candidates = graph.nodes.filter((node) => !products.has(node) && canUseRows(node))
  const isOnRows = (node: Node | undefined) => node !== undefined && (fromRows.has(node) || found.has(node))
  for (const node of candidates) if (node.inputs.some((input) => isOnRows(input?.producer))) found.add(node)
  // What leads to rows as well, so that the reshape comes before both of its users.
  const toRows = graph.nodes.filter((node) => products.has(node) || isToRows(node) || found.has(node))
  const wanted = new Set(toRows.flatMap((node) => node.inputs))
  for (const node of candidates.toReversed()) {
    if (!found.has(node) && !wanted.has(node.output)) continue
    found.add(node)
    for (const input of node.inputs) wanted.add(input)
  }
  return found
}

/** Whether it takes rows apart, [rows, features] to [..., features]; or puts them together. */
const isFromRows = (node: Node) => keepsFeatures(node) && node.input(0).rank === 2 && node.output.rank > 2
const isToRows = (node: Node) => keepsFeatures(node) && node.input(0).rank > 2 && node.output.rank === 2

const keepsFeatures = (node: Node) =>
  isOp(node, 'Reshape') &&
  node.input(0).isTyped &&
  node.output.isTyped &&
  typeof node.output.shape.at(-1) === 'number' &&
  node.input(0).shape.at(-1) === node.output.shape.at(-1)

function canUseRows(node: Node): boolean {
  const [x] = node.inputs
  if (!x?.isTyped || !node.outputs[0]?.isTyped || node.outputs.length > 1 || node.output.rank < 3) return false
  if (!numbersFor(node.output)) return false
  if (isOp(node, 'LayerNormalization')) {
    const axis = node.int('axis', -1)
    return axis === -1 || axis === x.rank - 1
  }
  return isOp(node, ...elementwise) && node.inputs.every((input) => isFull(input, node) || isPerColumn(input))
}

/** Whether an operand has a number for each element of the result. */
const isFull = (value: Value | undefined, { output }: Node) =>
  value?.isTyped === true && !value.isConstant && value.shape.join() === output.shape.join()

/** Whether an operand is the same for all rows. */
const isPerColumn = (value: Value | undefined) => value?.numbers !== undefined && value.rank <= 1

/** The node on rows, between reshapes. Those that meet another one go away later. */
function overRows(node: Node): Replacement {
  const shape = numbersFor(node.output)!
  const width = Number(node.output.shape.at(-1))
  const attributes = node.op === 'LayerNormalization' ? { ...node.attributes, axis: int(-1) } : node.attributes
  return {
    inputs: node.inputs as Value[],
    emit(copies, graph) {
      const operands = copies.map((copy, i) => (isFull(node.inputs[i], node) ? ops.reshape(copy, [-1, width]) : copy))
      return [ops.reshape(graph.emit(node.op, operands, attributes)[0]!, shape)]
    },
  }
}
