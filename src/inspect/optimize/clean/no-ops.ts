import {
  elementCount,
  formatShape,
  isStatic,
  type Node,
  ops,
  type Replacement,
  rewrite,
  type Value,
} from '../../../onnx/index.js'
import { sliceRanges } from '../../../onnx/ops/selection.js'
import { changed, isOp, type Pass, replaceBy, useCounts } from '../pass.js'
import { numbersFor } from './known-shapes.js'

/** Nodes that hand on what they are given. */
export const removeNoOps: Pass = {
  name: 'nodes that change nothing',
  apply(graph) {
    const uses = useCounts(graph)
    return rewrite(graph, (node) => (node.domain === '' ? (handedOn(node, uses) ?? joined(node)) : undefined))
  },
}

function handedOn(node: Node, uses: ReadonlyMap<Value, number>): Replacement | undefined {
  const [x] = node.inputs
  if (!x || node.outputs.slice(1).some((output) => output && uses.has(output))) return undefined
  return isNoOp(node, x) ? replaceBy(x) : undefined
}

function isNoOp(node: Node, x: Value): boolean {
  switch (node.op) {
    case 'Identity':
      return true
    case 'Dropout':
      // From opset 12 on an input may switch it on, as in a graph that trains.
      return !node.inputs[2] || node.inputs[2].content?.[0] === 0
    case 'Cast':
      return x.isTyped && node.output.isTyped && x.dtype === node.output.dtype
    case 'Transpose':
      return node.attributes.perm !== undefined && node.ints('perm').every((axis, i) => axis === i)
    case 'Concat':
      return node.inputs.length === 1
    case 'Reshape':
    case 'Expand':
    case 'Squeeze':
    case 'Unsqueeze':
    case 'Flatten':
    case 'Tile':
      return sameShape(x, node.output)
    case 'Slice':
      // It may keep all elements and turn them around.
      return sameShape(x, node.output) && (sliceRanges(node)?.every(({ step }) => step > 0) ?? false)
    case 'Mul':
    case 'Div':
    case 'Pow':
      return sameShape(x, node.output) && isFilled(node.inputs[1], 1)
    case 'Add':
    case 'Sub':
      return sameShape(x, node.output) && isFilled(node.inputs[1], 0)
    default:
      return false
  }
}

/** Two symbols of the same name are one size, unless nothing is known of it. */
const sameShape = (a: Value, b: Value) => a.isTyped && b.isTyped && formatShape(a.shape) === formatShape(b.shape)

/** Larger constants than masks are not looked through. */
const mostElements = 2 ** 20

/** Whether a constant is the same number everywhere. */
function isFilled(value: Value | undefined, number: number): boolean {
  if (!value?.numbers || !isStatic(value.shape) || elementCount(value.shape) > mostElements) return false
  return value.data!.every((element: number | bigint) => Number(element) === number)
}

/** Two nodes that are one: a Transpose of a Transpose, a Reshape of a Reshape. */
function joined(node: Node): Replacement | undefined {
  const inner = node.inputs[0]?.producer
  if (isOp(node, 'Transpose') && isOp(inner, 'Transpose') && inner.attributes.perm && node.attributes.perm) {
    const before = inner.ints('perm')
    const perm = node.ints('perm').map((axis) => before[axis]!)
    return changed(node, [inner.input(0)], { perm: { kind: 'ints', value: perm } })
  }
  if (!isOp(inner, ...reshapes) || !node.output?.isTyped) return undefined
  if (isOp(node, 'Reshape') && ownSizes(node)) return changed(node, [inner.input(0), node.input(1)])
  const shape =
    isOp(node, 'Squeeze', 'Unsqueeze', 'Flatten') || takesTheOnlyOne(node) ? numbersFor(node.output) : undefined
  return shape && { inputs: [inner.input(0)], emit: ([x]) => [ops.reshape(x!, shape)] }
}

/** Whether it takes the first of one, as the class token of a layer that computes no other. */
function takesTheOnlyOne(node: Node): boolean {
  const [x, index] = node.inputs
  if (!isOp(node, 'Gather') || !x?.isTyped || !index?.isConstant || !index.isTyped || index.rank > 0) return false
  return x.shape.at(node.int('axis', 0)) === 1
}

/** Operators that only give another shape to the same elements in the same order. */
const reshapes = ['Reshape', 'Squeeze', 'Unsqueeze', 'Flatten']

/** Whether the shape that a Reshape gives does not copy sizes of its input. */
const ownSizes = (node: Node) => node.input(1).content?.every((size) => typeof size === 'number' && size !== 0) ?? false
