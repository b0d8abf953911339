import type { Node, Value } from '../../onnx/index.js'
import { countOf, shapeOf, sizeOf, weightsOf } from '../patterns/index.js'
import type { Draft, Forest, NewDraft } from './forest.js'
import { isNorm } from './kinds.js'
import { layoutOps, regionBetween } from './trace.js'

/** Follows tokens back to pixels, and names what they were made with: norm, positions, class token, patches. */
export function findEmbedding(forest: Forest, tokens: Value): void {
  const { wiring } = forest
  let value = tokens
  for (;;) {
    value = wiring.origin(value)
    const node = value.producer
    const part = forest.partOf(node)
    if (!node) return
    if (part) {
      if (!isNorm(part)) return
      part.role = 'norm_pre'
      value = part.inputs![0]!
      continue
    }
    const next = positionsAt(forest, node) ?? tokensAt(forest, node)
    if (!next) {
      patchesAt(forest, value)
      return
    }
    value = next
  }
}

/** x + positions: a learned table, or one that is brought to the size of the picture. */
function positionsAt(forest: Forest, node: Node): Value | undefined {
  const { wiring } = forest
  if (node.op !== 'Add') return undefined
  const pair = wiring.pair(node, (value) => !wiring.dependsOnInput(value))
  if (!pair || !wiring.dependsOnInput(pair[1])) return undefined
  const [table, tokens] = pair
  const source = tableBehind(forest, table)
  const nodes = [node, ...(wiring.isConstant(table) ? [] : madeFrom(forest, table))]
  forest.wrap(nodes, {
    kind: 'positionEmbedding',
    inputs: [tokens],
    weights: source ? { embedding: source } : {},
    details: { tokens: sizeOf(source, -2) ?? 'unknown', ...(wiring.isConstant(table) ? {} : { interpolated: true }) },
  })
  return tokens
}

/** The largest constant that a value is made from. */
function tableBehind(forest: Forest, value: Value): Value | undefined {
  const { wiring } = forest
  const constants = wiring.isConstant(value)
    ? [value]
    : madeFrom(forest, value).flatMap((node) => node.inputs.filter((input) => wiring.isConstant(input)))
  const largest = constants.toSorted((a, b) => (countOf(b) ?? 0) - (countOf(a) ?? 0))[0]
  return wiring.constant(largest)?.value
}

/** The nodes that make a value that does not depend on the input. */
const madeFrom = ({ wiring }: Forest, value: Value): Node[] => [...regionBetween(wiring, [], [value])]

const tokenKinds = [
  { kind: 'classToken', role: 'cls_token' },
  { kind: 'distillationToken', role: 'dist_token' },
] as const

/** Learned tokens that are put before the patches, or between the class token and these. */
function tokensAt(forest: Forest, node: Node): Value | undefined {
  const { wiring } = forest
  if (node.op !== 'Concat') return undefined
  const inputs = node.inputs.filter((input) => input !== undefined)
  const patches = inputs.filter((input) => wiring.dependsOnInput(input))
  if (patches.length !== 1 || inputs.length < 2) return undefined
  let single = 0
  let first: Draft | undefined
  for (const input of inputs) {
    if (input === patches[0]) continue
    const table = tableBehind(forest, input)
    const count = sizeOf(table, -2) ?? 1
    const { kind, role } =
      count === 1 && single < 2 ? tokenKinds[single]! : { kind: 'registerTokens' as const, role: 'reg_token' }
    if (count === 1) single++
    const draft: NewDraft = { kind, role, weights: table ? { token: table } : {}, details: { count } }
    const own = wiring.isConstant(input) ? [] : madeFrom(forest, input)
    if (!first) first = forest.wrap([node, ...own], { ...draft, inputs: [patches[0]!] })
    else if (own.length > 0) forest.wrap(own, { ...draft, inputs: [] })
    else forest.addEmpty(first, { ...draft, inputs: [] }, node)
  }
  return patches[0]
}

/** A convolution whose stride is its kernel, and what makes a sequence of its result. */
function patchesAt(forest: Forest, tokens: Value): Draft | undefined {
  const { wiring } = forest
  const found = convolutionBehind(forest, tokens)
  const [dim, inChannels, height, width] = shapeOf(found?.weight) ?? []
  if (!found || typeof dim !== 'number' || typeof inChannels !== 'number' || typeof height !== 'number')
    return undefined
  const { conv, weight, bias } = found
  const strides = conv.ints('strides', [1, 1])
  if (strides[0] !== height || strides[1] !== width || conv.int('group', 1) !== 1) return undefined
  const before = conv.input(0).producer
  const pixels = before?.op === 'DynamicQuantizeLinear' ? before.input(0) : conv.input(0)
  return forest.wrap(regionBetween(wiring, [pixels], [tokens]), {
    kind: 'patchEmbedding',
    inputs: [pixels],
    weights: weightsOf(wiring, { weight, bias }),
    details: { patchSize: height === width ? height : `${height}×${width}`, inChannels, dim, form: conv.op },
  })
}

/** The convolution that tokens come from, through layout, a bias, and the scales of integers. */
function convolutionBehind(forest: Forest, tokens: Value) {
  const { wiring } = forest
  let bias: Value | undefined
  let value = tokens
  for (;;) {
    const node = value.producer
    if (!node || forest.partOf(node)) return undefined
    if (node.op === 'Conv' || node.op === 'ConvInteger')
      return { conv: node, weight: node.inputs[1], bias: bias ?? (node.op === 'Conv' ? node.inputs[2] : undefined) }
    const added = node.op === 'Add' && !bias ? wiring.withConstant(node) : undefined
    if (added) bias = added.constant
    const scaled = node.op === 'Mul' ? node.inputs.find((input) => input?.producer?.op === 'Cast') : undefined
    const next = added?.data ?? scaled ?? (layoutOps.has(node.op) ? node.inputs[0] : undefined)
    if (!next) return undefined
    value = next
  }
}
