import { elementCount, type Node } from '../onnx/index.js'

/** Sizes of an operand of a node: of input `i`, or of its first output where no number is given. */
type SizesOf = (input?: number) => readonly number[]

/** The multiply-accumulate operations of a node. */
type Rule = (node: Node, sizes: SizesOf) => number

/** Every element of the output takes one pass over the last axis of the first operand. */
const product: Rule = (_node, sizes) => elementCount(sizes()) * sizes(0).at(-1)!

/** The same, where the first operand may be turned. */
const turnedProduct: Rule = (node, sizes) =>
  elementCount(sizes()) * (node.int('transA', 0) ? sizes(0).at(-2)! : sizes(0).at(-1)!)

/** A weight is [out, in / group, ...kernel]: every element of the output takes one pass over all but its first axis. */
const convolution =
  (weight: number): Rule =>
  (_node, sizes) =>
    elementCount(sizes()) * elementCount(sizes(weight).slice(1))

/** As many as there are ways to choose all indices of the equation; none where it has one operand. */
const einsum: Rule = (node, sizes) => {
  const [operands] = node.string('equation').replace(/\s/g, '').split('->')
  const terms = operands!.split(',')
  const extents = new Map<string, number>()
  for (const [i, term] of terms.entries()) {
    // An ellipsis stands for axes that broadcast, counted from the last.
    const shared = sizes(i).length - term.replace('...', '').length
    const labels = [...term.replace('...', '#')].flatMap((label) =>
      label === '#' ? Array.from({ length: shared }, (_, axis) => `#${shared - axis}`) : [label],
    )
    for (const [axis, label] of labels.entries()) extents.set(label, Math.max(extents.get(label) ?? 1, sizes(i)[axis]!))
  }
  return terms.length < 2 ? 0 : elementCount([...extents.values()])
}

/**
 * Queries, keys and values as [batch, heads, tokens, headDim] or [batch, tokens, dim]: two products of tokens × tokens.
 * The output has as many elements as queries have rows and values columns, for all heads, though keys and values may have
 * fewer. Keys of earlier tokens come as another input.
 */
const attention =
  (past: number): Rule =>
  (node, sizes) => {
    const [query, key, value] = [sizes(0), sizes(1), sizes(2)]
    if (key.length !== query.length || value.length !== query.length) throw new Error('they are packed in one tensor')
    const tokens = key.at(-2)! + (node.inputs[past] ? sizes(past).at(-2)! : 0)
    return (elementCount(query) + elementCount(sizes())) * tokens
  }

/** ONNX Runtime's Attention has the products for queries, keys and values in it: input [batch, tokens, dim]. */
const wholeAttention: Rule = (_node, sizes) => {
  const [tokens, [, features]] = [sizes(0), sizes(1)]
  const dim = features! / 3
  return elementCount(tokens) * features! + (elementCount(tokens) / tokens.at(-1)!) * tokens.at(-2)! * 2 * dim
}

/** x is [steps, batch, in], or batch first; weights are [directions, gates·hidden, in] and [directions, gates·hidden, hidden]. */
const recurrence: Rule = (_node, sizes) => {
  const x = sizes(0)
  return (elementCount(x) / x.at(-1)!) * (elementCount(sizes(1)) + elementCount(sizes(2)))
}

/** Every operator that multiplies and adds, save elementwise ones; those after the default domain's are ONNX Runtime's. */
const rules: Readonly<Record<string, Rule>> = {
  MatMul: product,
  MatMulInteger: product,
  QLinearMatMul: product,
  Gemm: turnedProduct,
  Conv: convolution(1),
  ConvInteger: convolution(1),
  QLinearConv: convolution(3),
  // Every element of the input meets [out / group, ...kernel].
  ConvTranspose: (_node, sizes) => elementCount(sizes(0)) * elementCount(sizes(1).slice(1)),
  Einsum: einsum,
  LSTM: recurrence,
  GRU: recurrence,
  RNN: recurrence,
  Attention: attention(4),
  'com.microsoft.Attention': wholeAttention,
  'com.microsoft.QAttention': wholeAttention,
  'com.microsoft.MultiHeadAttention': attention(6),
  'com.microsoft.GroupQueryAttention': attention(3),
  'com.microsoft.FusedMatMul': turnedProduct,
  'com.microsoft.FusedGemm': turnedProduct,
  'com.microsoft.FusedConv': convolution(1),
  'com.microsoft.MatMulIntegerToFloat': product,
  'com.microsoft.DynamicQuantizeMatMul': product,
  'com.microsoft.MatMulNBits': product,
}

/** How many multiply-accumulate operations a node does: 0 where its operator has no rule. @throws where `sizes` does */
export function countMacs(node: Node, sizes: SizesOf): number {
  const name = node.domain === '' ? node.op : `${node.domain}.${node.op}`
  return Object.hasOwn(rules, name) ? rules[name]!(node, sizes) : 0
}
