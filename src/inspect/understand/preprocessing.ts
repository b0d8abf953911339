import type { Node, Value } from '../../onnx/index.js'
import { countOf, rankOf, shapeOf, sizeOf, type Wiring, weightsOf } from '../patterns/index.js'
import type { Draft, Forest, NewDraft } from './forest.js'
import { isNorm } from './kinds.js'
import { layoutOps, regionBetween, traceBack } from './trace.js'

/** Follows tokens back to pixels, and names what they were made with: norm, positions, class token, patches. */
export function findEmbedding(forest: Forest, tokens: Value): void {
  const { wiring } = forest
  let value = tokens
  for (;;) {
    value = wiring.origin(value)
    const node = value.producer
    if (!node) return
    const part = forest.partOf(node)
    if (isNorm(part)) part!.role = 'norm_pre'
    const next = isNorm(part)
      ? part!.inputs![0]
      : part
        ? undefined
        : (positionsAt(forest, node) ?? tokensAt(forest, node))
    if (!next) break
    value = next
  }
  const patches = patchesByConvolution(forest, value) ?? patchesByProduct(forest, value)
  const pixels = patches?.inputs?.[0]
  // Pixels that are only held in another type are not prepared.
  const before = pixels && wiring.origin(pixels).producer ? regionBetween(wiring, [], [pixels]) : new Set<Node>()
  if (before.size > 0)
    forest.wrap(before, { kind: 'other', role: 'pixels', details: { function: 'preparation of pictures' } })
}

/** x + positions: a learned table, or one that is brought to the size of the picture. */
function positionsAt(forest: Forest, node: Node): Value | undefined {
  const { wiring } = forest
  if (node.op !== 'Add') return undefined
  const pair = wiring.pair(node, (value) => !wiring.dependsOnInput(value))
  if (!pair || !wiring.dependsOnInput(pair[1])) return undefined
  const [table, tokens] = pair
  // Positions of the class token may be kept apart from those of the patches, which are more.
  const tables = tablesBehind(forest, table).toSorted((a, b) => b.tokens - a.tokens)
  const count = tables.reduce((sum, { tokens }) => sum + tokens, 0)
  forest.wrap([node, ...madeFrom(forest, table)], {
    kind: 'positionEmbedding',
    inputs: [tokens],
    weights: Object.fromEntries(tables.map(({ value }, i) => [i === 0 ? 'embedding' : `embedding${i + 1}`, value])),
    details: { tokens: count || 'unknown', ...(wiring.isConstant(table) ? {} : { interpolated: true }) },
  })
  return tokens
}

/** A learned [..., tokens, dim]; of a single token perhaps [dim]. */
interface Table {
  value: Value
  tokens: number
}

/** The tables that a value is made from, in their order. */
function tablesBehind(forest: Forest, value: Value): Table[] {
  const { wiring } = forest
  const constants = wiring.isConstant(value)
    ? [value]
    : madeFrom(forest, value).flatMap((node) => node.inputs.filter((input) => wiring.isConstant(input)))
  const tables = [...new Set(constants.flatMap((constant) => pieces(wiring, constant)))]
  const widths = tables.map((table) => sizeOf(table, -1) ?? 0)
  return tables
    .filter((table, i) => (rankOf(table) ?? 0) >= 1 && widths[i] === Math.max(...widths))
    .map((table) => ({ value: table, tokens: countOf(table)! / sizeOf(table, -1)! }))
}

/** The constants that a constant was put together from, and repeated for every sample. */
function pieces(wiring: Wiring, constant: Value): Value[] {
  const source = wiring.constant(constant)?.value
  const { op, inputs } = source?.producer ?? {}
  if (op === 'Expand' || op === 'Tile') return pieces(wiring, inputs![0]!)
  if (op === 'Concat') return inputs!.flatMap((input) => (input ? pieces(wiring, input) : []))
  return source ? [source] : []
}

/** The nodes that make a value that does not depend on the input. */
const madeFrom = ({ wiring }: Forest, value: Value): Node[] => [...regionBetween(wiring, [], [value])]

const tokenKinds = [
  { kind: 'classToken', role: 'cls_token' },
  { kind: 'distillationToken', role: 'dist_token' },
] as const
const registers = { kind: 'registerTokens', role: 'reg_token' } as const

/** Learned tokens that are put before the patches, or between the class token and these. */
function tokensAt(forest: Forest, node: Node): Value | undefined {
  const { wiring } = forest
  if (node.op !== 'Concat') return undefined
  const inputs = node.inputs.filter((input) => input !== undefined)
  const given = inputs.filter((input) => wiring.dependsOnInput(input))
  const cut = given.flatMap(({ producer }) => (producer?.op === 'Slice' ? producer : []))
  const isBetween = given.length === 2 && cut.length === 2 && cut[0]!.inputs[0] === cut[1]!.inputs[0]
  const slices = isBetween ? cut : []
  const tokens = isBetween ? cut[0]!.inputs[0] : given.length === 1 ? given[0] : undefined
  if (!tokens || inputs.length === given.length) return undefined
  let single = 0
  let first: Draft | undefined
  for (const input of inputs.filter((input) => !given.includes(input))) {
    let own = madeFrom(forest, input)
    for (const { value, tokens: count } of tablesBehind(forest, input)) {
      const kinds = count === 1 && !isBetween ? (tokenKinds[single++] ?? registers) : registers
      const draft: NewDraft = { ...kinds, weights: { token: value }, details: { count } }
      if (!first) first = forest.wrap([...slices, node, ...own], { ...draft, inputs: [tokens] })
      else if (own.length > 0) forest.wrap(own, { ...draft, inputs: [], after: node })
      else forest.addEmpty(first, { ...draft, inputs: [] }, node)
      own = []
    }
  }
  return tokens
}

/** A product of the pixels of each patch, laid out one after the other. */
function patchesByProduct(forest: Forest, tokens: Value): Draft | undefined {
  const { wiring } = forest
  const product = traceBack(forest, tokens).part
  if (product?.kind !== 'linear') return undefined
  const { value: pixels } = traceBack(forest, product.inputs![0]!)
  const inChannels = sizeOf(pixels, 1)
  const { inFeatures, outFeatures } = product.details
  const patchSize = Math.sqrt(Number(inFeatures) / (inChannels ?? Number.NaN))
  if (rankOf(pixels) !== 4 || !Number.isInteger(patchSize)) return undefined
  product.role = 'proj'
  return forest.wrap(regionBetween(wiring, [pixels], [tokens]), {
    kind: 'patchEmbedding',
    inputs: [pixels],
    details: { patchSize, inChannels: inChannels!, dim: outFeatures!, form: 'product' },
  })
}

/** A convolution whose stride is its kernel, and what makes a sequence of its result. */
function patchesByConvolution(forest: Forest, tokens: Value): Draft | undefined {
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
