import { elementCount, isStatic, Node, type Replacement, rewrite, type Value } from '../../../onnx/index.js'
import { changed, isOp, type Pass } from '../pass.js'

/**
 * Constants that are repeated to the size of a batch, such as masks that mask nothing: what is computed element by
 * element is computed before it is repeated, and what repeats its operands anyway needs no Expand for that.
 */
export const unexpand: Pass = {
  name: 'constants repeated for a batch',
  apply: (graph) => rewrite(graph, (node) => beforeExpand(node) ?? withoutExpand(node)),
}

const elementwise = ['Where', 'Add', 'Sub', 'Mul', 'Div', 'And', 'Or', 'Equal', 'Not', 'Cast']

/** op(Expand(c), number) is Expand(op(c, number)). */
function beforeExpand(node: Node): Replacement | undefined {
  if (!isOp(node, ...elementwise)) return undefined
  const [expanded, ...more] = node.inputs.filter((input) => isExpanded(input))
  const others = node.inputs.filter((input) => input !== expanded)
  if (!expanded || more.length > 0 || !others.every(isNumber)) return undefined
  const { producer } = expanded
  return {
    inputs: [...producer!.inputs, ...others] as Value[],
    emit([constant, target, ...numbers], graph) {
      const operands = node.inputs.map((input) => (input === expanded ? constant : numbers[others.indexOf(input)]))
      const [result] = graph.emit(node.op, operands, node.attributes)
      return graph.append(new Node(graph, 'Expand', node.name, [result, target], {}), [node.output.name])
    },
  }
}

/** x + Expand(c) is x + c, where x has the size already. */
function withoutExpand(node: Node): Replacement | undefined {
  if (!isOp(node, ...elementwise) || !node.output?.isTyped || node.inputs.length < 2) return undefined
  const isFull = (input: Value | undefined) => input?.isTyped && input.shape.join() === node.output.shape.join()
  const index = node.inputs.findIndex(isExpanded)
  const others = node.inputs.filter((_, i) => i !== index)
  if (index < 0 || !others.some((other) => isFull(other) && !isExpanded(other))) return undefined
  return changed(node, node.inputs.with(index, node.inputs[index]!.producer!.input(0)))
}

const isExpanded = (value: Value | undefined) => isOp(value?.producer, 'Expand') && value.producer.input(0).isConstant

const isNumber = (value: Value | undefined) =>
  value?.numbers !== undefined && isStatic(value.shape) && elementCount(value.shape) === 1
