import type { Node, Value } from '../../onnx/index.js'
import { countOf } from '../patterns/index.js'
import { type Draft, type Forest, type NewDraft, outputOf } from './forest.js'
import { isNorm, isSkipNorm } from './kinds.js'
import { layoutOps, rolledAfter, traceBack } from './trace.js'

/** A norm, attention or MLP, perhaps a layer scale, and the sum with what went in. */
export interface Branch {
  norm: Draft | undefined
  body: Draft
  scale: Draft | undefined
  /** The sum, or the node that also holds the norm after it. */
  sum: Draft
  position: 'pre' | 'post'
  input: Value
  output: Value
  /** What is added to the input. */
  addend: Value
}

/** The residual branch around an attention or an MLP; its sum and layer scale become parts. */
export function branchAround(forest: Forest, body: Draft): Branch | undefined {
  const { wiring } = forest
  const given = traceBack(forest, body.inputs![0]!).value
  const before = forest.partOf(given.producer)
  const found = findSum(forest, body)
  if (!found) return undefined
  const { node, addend, fused } = found
  const input = wiring.origin(found.other)
  const isPre = before && isNorm(before) && normalized(forest, before) === input
  const after = fused ?? normAfter(forest, node.output)
  if (!isPre && (given !== input || !after)) return undefined
  if (fused) moveBias(body, fused)
  return {
    norm: isPre ? before : after,
    body,
    scale: found.scale && forest.wrap([found.scale.node], found.scale.draft),
    sum: fused ?? forest.wrap([node], { kind: 'residual', inputs: node.inputs as Value[] })!,
    position: isPre ? 'pre' : 'post',
    input,
    output: isPre ? sumOf(node) : outputOf(wiring, after!),
    addend,
  }
}

/** The sum that a node computes: a SkipLayerNormalization gives it as its last output, where something else needs it. */
const sumOf = (node: Node): Value => node.outputs[3] ?? node.output

/** What a norm normalises. */
function normalized({ wiring }: Forest, norm: Draft): Value {
  return isSkipNorm(norm) ? sumOf([...norm.nodes][0]!) : wiring.origin(norm.inputs![0]!)
}

/** The norm that a sum is given to, and nothing else. */
function normAfter(forest: Forest, sum: Value): Draft | undefined {
  const [norm, ...others] = forest.wiring.dataConsumers(sum).map((consumer) => forest.partOf(consumer))
  return norm && isNorm(norm) && others.every((part) => part === norm) ? norm : undefined
}

interface Sum {
  node: Node
  addend: Value
  /** What is added to. */
  other: Value
  scale: { node: Node; draft: NewDraft } | undefined
  fused: Draft | undefined
}

/** The sum that what a part computes is added in. */
function findSum(forest: Forest, body: Draft): Sum | undefined {
  const { wiring } = forest
  let addend = outputOf(wiring, body)
  let scale: Sum['scale']
  for (;;) {
    const rolled = rolledAfter(forest, addend)
    if (rolled) {
      addend = rolled
      continue
    }
    const [node, ...others] = wiring.dataConsumers(addend)
    if (!node || others.length > 0 || wiring.isResult(addend)) return undefined
    const part = forest.partOf(node)
    const fused = part && isSkipNorm(part) ? part : undefined
    if (part && !fused) return undefined
    if (fused || node.op === 'Add') {
      const other = node.input(node.inputs[0] === addend ? 1 : 0)
      return wiring.isData(other) ? { node, addend, other, scale, fused } : undefined
    }
    if (node.op === 'Mul' && !scale) {
      const draft = layerScaleOf(forest, node)
      if (!draft) return undefined
      scale = { node, draft }
    } else if (!layoutOps.has(node.op) || node.outputs.length !== 1) return undefined
    addend = node.output
  }
}

/** LayerScale (Touvron et al., 2021): a learned factor for every feature. */
function layerScaleOf({ wiring }: Forest, node: Node): NewDraft | undefined {
  const operands = wiring.withConstant(node)
  if (!operands || (countOf(operands.constant) ?? 1) <= 1) return undefined
  const { value } = wiring.constant(operands.constant)!
  return { kind: 'layerScale', inputs: [operands.data], weights: { scale: value } }
}

/** A SkipLayerNormalization may hold the bias of the product before it. */
function moveBias(body: Draft, { weights }: Draft) {
  const product = body.parts.findLast(({ kind }) => kind === 'linear')
  if (!weights.skipBias || !product || product.weights.bias) return
  product.weights.bias = weights.skipBias
  delete weights.skipBias
}
