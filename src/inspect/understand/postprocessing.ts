import type { Node, Value } from '../../onnx/index.js'
import { rankOf } from '../patterns/index.js'
import type { Forest } from './forest.js'

/** Names what is made of the tokens: the last norm, pooling, and the head. */
export function findHead(forest: Forest, nodes: ReadonlySet<Node>): void {
  const { wiring } = forest
  const order = [...nodes].sort((a, b) => wiring.position(a) - wiring.position(b))
  let isPooled = false
  for (const node of order) {
    const part = forest.partOf(node)
    if (!part) {
      const form = poolingForm(node)
      if (!form) continue
      isPooled = true
      forest.wrap([node, ...squeezesAfter(forest, node.output)], {
        kind: 'pooling',
        inputs: [node.input(0)],
        details: { form },
      })
    } else if (part.kind === 'layerNorm' || part.kind === 'rmsNorm') {
      part.role = isPooled ? 'fc_norm' : 'norm'
    } else if (part.kind === 'linear' && isHead(forest, part.nodes)) {
      const { outFeatures } = part.details
      part.role = 'fc'
      forest.wrap(part.nodes, { kind: 'head', details: { classes: outFeatures! } })
    } else if (part.kind === 'linear') part.role = 'pre_logits'
  }
}

/** Whether what follows leads to an output without another product. */
function isHead({ wiring, partOf }: Forest, nodes: ReadonlySet<Node>): boolean {
  void partOf
  const last = [...nodes].reduce((a, b) => (wiring.position(a) > wiring.position(b) ? a : b))
  return (
    wiring.isResult(last.output) ||
    wiring.dataConsumers(last.output).every(({ op }) => op !== 'MatMul' && op !== 'Gemm' && op !== 'Tanh')
  )
}

/** How tokens [batch, tokens, dim] become one vector. */
function poolingForm(node: Node): string | undefined {
  const input = node.inputs[0]
  if (node.domain !== '' || !input || rankOf(input) !== 3) return undefined
  if (node.op === 'Gather')
    return node.int('axis', 0) === 1 && node.inputs[1]?.content?.length === 1 ? 'token' : undefined
  if (node.op === 'ReduceMean' || node.op === 'ReduceMax') {
    const axes = node.attributes.axes ? node.ints('axes') : node.inputs[1]?.content
    return axes?.length === 1 && (axes[0] === 1 || axes[0] === -2)
      ? node.op === 'ReduceMean'
        ? 'avg'
        : 'max'
      : undefined
  }
  return undefined
}

function squeezesAfter({ wiring }: Forest, value: Value): Node[] {
  const [next, ...others] = wiring.dataConsumers(value)
  return next && others.length === 0 && (next.op === 'Squeeze' || next.op === 'Flatten') ? [next] : []
}
