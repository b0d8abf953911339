import type { Node, Value } from '../../onnx/index.js'
import { countOf } from '../patterns/index.js'
import { type Draft, type Forest, outputOf } from './forest.js'
import { isNorm } from './kinds.js'
import { layoutOps, regionBetween } from './trace.js'

/** A norm, attention or MLP, perhaps a layer scale, and the sum with what went in. */
export interface Branch {
  norm: Draft | undefined
  body: Draft
  scale: Draft | undefined
  sum: Draft
  position: 'pre' | 'post'
  input: Value
  output: Value
}

/** An encoder layer with what goes in and out. */
export interface Layer {
  draft: Draft
  input: Value
  output: Value
}

/** Pairs of an attention and an MLP with residual sums around them (Vaswani et al., 2017), in the order of computation. */
export function findEncoderLayers(forest: Forest, attentions: readonly Draft[], mlps: readonly Draft[]): Layer[] {
  const afterInput = new Map<Value, Branch>()
  for (const mlp of mlps) {
    const branch = branchAround(forest, mlp)
    if (branch) afterInput.set(branch.input, branch)
  }
  const order = attentions.toSorted((a, b) => position(forest, a) - position(forest, b))
  return order.flatMap((attention) => {
    const first = branchAround(forest, attention)
    const second = first && afterInput.get(first.output)
    return second?.position === first?.position && first && second ? (layerOf(forest, first, second) ?? []) : []
  })
}

const position = (forest: Forest, draft: Draft) => forest.wiring.position(outputOf(forest.wiring, draft).producer)

function layerOf(forest: Forest, first: Branch, second: Branch): Layer | undefined {
  const { input } = first
  const { output } = second
  for (const [i, { norm, scale, sum }] of [first, second].entries()) {
    if (norm) norm.role = `norm${i + 1}`
    if (scale) scale.role = `ls${i + 1}`
    sum.role = `residual${i + 1}`
  }
  const { dim, heads } = first.body.details
  const draft = forest.wrap(regionBetween(forest.wiring, [input], [output]), {
    kind: 'encoderLayer',
    inputs: [input],
    details: { norm: first.position, dim: dim!, heads: heads!, hidden: second.body.details.hidden! },
  })
  return draft && { draft, input, output }
}

/** The residual branch around an attention or an MLP; its sum and layer scale become parts. */
export function branchAround(forest: Forest, body: Draft): Branch | undefined {
  const { wiring } = forest
  const given = wiring.origin(body.inputs![0]!)
  const before = forest.partOf(given.producer)
  const norm = isNorm(before) ? before : undefined
  const found = findSum(forest, body)
  if (!found) return undefined
  const { node, other, scale } = found
  const x = wiring.origin(other)
  const sum = () => forest.wrap([node], { kind: 'residual', inputs: node.inputs as Value[] })!
  if (norm && wiring.origin(norm.inputs![0]!) === x)
    return { norm, body, scale: scale?.(), sum: sum(), position: 'pre', input: x, output: node.output }
  if (given !== x) return undefined
  const after = wiring.dataConsumers(node.output).map((consumer) => forest.partOf(consumer))
  const postNorm = after[0]
  if (!postNorm || !isNorm(postNorm) || after.some((part) => part !== postNorm)) return undefined
  return {
    norm: postNorm,
    body,
    scale: scale?.(),
    sum: sum(),
    position: 'post',
    input: x,
    output: outputOf(wiring, postNorm),
  }
}

/** The sum that what a part computes is added in, and what it is added to. */
function findSum(forest: Forest, body: Draft) {
  const { wiring } = forest
  let value = outputOf(wiring, body)
  let scale: (() => Draft) | undefined
  for (;;) {
    const consumers = wiring.dataConsumers(value)
    const node = consumers[0]
    if (consumers.length !== 1 || !node || forest.partOf(node) || wiring.isResult(value)) return undefined
    if (node.op === 'Add') {
      const other = node.input(node.inputs[0] === value ? 1 : 0)
      return wiring.isData(other) ? { node, other, scale } : undefined
    }
    if (node.op === 'Mul' && !scale) {
      const factor = layerScaleOf(forest, node)
      if (!factor) return undefined
      scale = () => forest.wrap([node], factor)!
    } else if (!layoutOps.has(node.op) || node.outputs.length !== 1) return undefined
    value = node.output
  }
}

/** LayerScale (Touvron et al., 2021): a learned factor for every feature. */
function layerScaleOf({ wiring }: Forest, node: Node) {
  const operands = wiring.withConstant(node)
  if (!operands || (countOf(operands.constant) ?? 1) <= 1) return undefined
  return {
    kind: 'layerScale' as const,
    inputs: [operands.data],
    weights: { scale: wiring.constant(operands.constant)!.value },
  }
}
