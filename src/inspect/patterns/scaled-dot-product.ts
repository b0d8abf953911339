import type { Node, Value } from '../../onnx/index.js'
import { type Entry, type Match, weightsOf } from './match.js'
import { rankOf, shapeOf, sizeOf, type Wiring } from './wiring.js'

/** Scaled dot-product attention (Vaswani et al., 2017): softmax(q·kᵀ·scale + mask)·v. */
export const scaledDotProduct: Entry = {
  ops: ['MatMul'],
  pattern: (last, wiring) => {
    const [weights, value] = last.inputs
    const softmax = softmaxBehind(wiring, weights)
    if (!softmax || !wiring.isData(value)) return undefined
    const scores = scoresBehind(wiring, softmax.input(0))
    if (!scores) return undefined
    const query = withoutScale(wiring, scores.query)
    const key = keyOf(wiring, scores.key)
    const headDim = sizeOf(query.value, -1) ?? key.headDim
    if (headDim === undefined || (key.headDim ?? headDim) !== headDim) return undefined
    return {
      kind: 'scaledDotProduct',
      inputs: [query.value, key.value, value, ...scores.masks.filter((mask) => wiring.isData(mask))],
      weights: weightsOf(wiring, { mask: scores.masks.find((mask) => wiring.isConstant(mask)) }),
      details: {
        ...(headsOf(query.value) ? { heads: headsOf(query.value)! } : {}),
        headDim,
        scale: scores.scale * query.scale * key.scale,
        ...(key.isTransposed ? { keyTransposed: true } : {}),
        form: 'decomposed',
      },
    } satisfies Match
  },
}

const headsOf = (query: Value) => ((rankOf(query) ?? 0) >= 4 ? sizeOf(query, -3) : undefined)

/** The softmax over keys that attention weights come from. Some exporters put 0 where masks made it NaN. */
function softmaxBehind(wiring: Wiring, weights: Value | undefined): Node | undefined {
  const node = wiring.producer(weights, 'Softmax', 'Reshape', 'Where')
  if (node?.op === 'Reshape') return softmaxBehind(wiring, node.inputs[0])
  if (node?.op === 'Where') {
    const isNaN = wiring.producer(node.inputs[0], 'IsNaN')
    return isNaN?.inputs[0] === node.inputs[2] ? softmaxBehind(wiring, node.inputs[2]) : undefined
  }
  if (!node) return undefined
  const axis = node.int('axis', node.graph.opset < 13 ? 1 : -1)
  return axis === -1 || axis + 1 === rankOf(node.input(0)) ? node : undefined
}

/** The product of queries and keys behind masks and scale. */
function scoresBehind(wiring: Wiring, value: Value) {
  const masks: Value[] = []
  let scale = 1
  let current = value
  for (let steps = 0; steps < 12; steps++) {
    const node = wiring.producer(current, 'MatMul', 'Mul', 'Div', 'Add', 'Reshape')
    if (!node) return undefined
    const [a, b] = node.inputs
    if (!wiring.isData(a) && !wiring.isData(b)) return undefined
    // Where a learned query pools all tokens, it is constant.
    if (node.op === 'MatMul') return wiring.isData(b) ? { query: a!, key: b, scale, masks } : undefined
    if (node.op === 'Reshape') current = a!
    else if (node.op === 'Add') {
      const [scores, mask] = leadsToProduct(wiring, a!) ? [a!, b!] : [b!, a!]
      masks.push(mask)
      current = scores
    } else {
      const scaled = withoutFactor(wiring, node)
      if (!scaled) return undefined
      scale *= scaled.factor
      current = scaled.value
    }
  }
  return undefined
}

/** Whether a value is a product of two computed ones, perhaps scaled, masked or reshaped. */
function leadsToProduct(wiring: Wiring, value: Value): boolean {
  return wiring.isData(value) && scoresBehind(wiring, value) !== undefined
}

/** The operand and the number of a multiplication by a number, or a division. */
export function withoutFactor(wiring: Wiring, node: Node): { value: Value; factor: number } | undefined {
  const [a, b] = node.inputs
  const right = wiring.scalar(b)
  if (right !== undefined && a) return { value: a, factor: node.op === 'Div' ? 1 / right : right }
  const left = node.op === 'Mul' ? wiring.scalar(a) : undefined
  return left !== undefined && b ? { value: b, factor: left } : undefined
}

/** The value before it was scaled. */
function withoutScale(wiring: Wiring, value: Value): { value: Value; scale: number } {
  const node = wiring.producer(value, 'Mul', 'Div')
  const scaled = node && withoutFactor(wiring, node)
  if (!scaled) return { value, scale: 1 }
  const inner = withoutScale(wiring, scaled.value)
  return { value: inner.value, scale: inner.scale * scaled.factor }
}

/** The keys as [..., keys, headDim], where they are turned right before the product. */
function keyOf(wiring: Wiring, turned: Value) {
  const headDim = sizeOf(turned, -2)
  const outer = withoutScale(wiring, turned)
  const turning = turnedFrom(wiring, outer.value)
  if (!turning) return { ...outer, headDim, isTransposed: true }
  const inner = withoutScale(wiring, turning)
  return { value: inner.value, scale: outer.scale * inner.scale, headDim, isTransposed: false }
}

/** The value whose last two axes were swapped, perhaps with all axes before them folded into one on the way. */
function turnedFrom(wiring: Wiring, value: Value): Value | undefined {
  const node = wiring.producer(value, 'Transpose', 'Reshape')
  if (node?.op !== 'Reshape') return node && swapsLastTwo(node) ? node.input(0) : undefined
  const transpose = wiring.producer(node.inputs[0], 'Transpose')
  const fold = transpose && swapsLastTwo(transpose) ? wiring.producer(transpose.inputs[0], 'Reshape') : undefined
  const source = fold?.input(0)
  const axesAgree = [-1, -2].every((axis) => {
    const [before, after] = [shapeOf(source)?.at(axis), shapeOf(value)?.at(-3 - axis)]
    return before === undefined || after === undefined || before === after
  })
  return axesAgree ? source : undefined
}

function swapsLastTwo(transpose: Node): boolean {
  const perm = transpose.ints('perm', [])
  const last = perm.length - 1
  return perm.length >= 2 && perm.every((axis, i) => axis === (i === last ? last - 1 : i === last - 1 ? last : i))
}
