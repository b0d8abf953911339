import type { Value } from '../onnx/node.js'
import { normalizeAxis } from '../onnx/ops/common.js'
import { concat, pad, reshape, scatterAdd, slice, transpose, unsqueeze } from '../onnx/ops/index.js'
import { sliceRanges } from '../onnx/ops/selection.js'
import type { Rule } from './rule.js'
import { sizeOf, zerosLike } from './shapes.js'

export const concatRule: Rule = ({ node, inputs, dy }) => {
  const axis = normalizeAxis(node.int('axis'), dy.rank)
  let start = 0
  return inputs.map((input) => {
    const from = start
    const to = from + sizeOf(input, [axis])
    start = to
    return () => slice(dy, [from], [to], [axis])
  })
}

export const splitRule: Rule = ({ node, dys }) => [
  () => {
    const parts = node.outputs.map((output, i) => dys[i] ?? zerosLike(output!))
    return concat(parts, normalizeAxis(node.int('axis', 0), parts[0]!.rank))
  },
]

/** dy back at its place between zeros. */
export const sliceRule: Rule = ({ node, inputs: [x], dy }) => [
  () => {
    const ranges = sliceRanges(node)
    if (!ranges) throw new Error('its bounds are computed at run time')
    let gradient = dy
    const before = Array<number>(x!.rank).fill(0)
    const after = before.slice()
    for (const { axis, start, step, size } of ranges) {
      if (x!.shape[axis] === size && step === 1) continue
      if (Math.abs(step) !== 1) throw new Error(`its step of ${step} is not supported`)
      // Taken backwards, so turned around again.
      if (step === -1) gradient = slice(gradient, [-1], [-(2 ** 31)], [axis], [-1])
      before[axis] = step === -1 ? start - Number(size) + 1 : start
      after[axis] = sizeOf(x!, [axis]) - before[axis] - Number(size)
    }
    return [...before, ...after].some((count) => count > 0) ? pad(gradient, before, after) : gradient
  },
]

export const padRule: Rule = ({ node, inputs: [x], dy }) => [
  () => {
    if (node.string('mode', 'constant') !== 'constant')
      throw new Error('only padding with a constant has a gradient here')
    const before = node.intsFrom('pads', 1)!.slice(0, x!.rank)
    const axes = before.map((_, i) => i)
    return slice(
      dy,
      before,
      before.map((start, i) => start + sizeOf(x!, [i])),
      axes,
    )
  },
]

export const gatherRule: Rule = ({ node, inputs: [x, indices], dy }) => [
  () => {
    const axis = normalizeAxis(node.int('axis', 0), x!.rank)
    const index = indices!.rank === 0 ? indices!.content?.[0] : undefined
    if (typeof index === 'number') return placeAt(dy, index, x!, axis)
    return scatterAlong(dy, indices!, x!, axis)
  },
]

/** One slice back at its index, between zeros. */
function placeAt(dy: Value, index: number, x: Value, axis: number): Value {
  const size = sizeOf(x, [axis])
  const place = index < 0 ? index + size : index
  const only = (count: number) => x.shape.map((_, i) => (i === axis ? count : 0))
  return pad(unsqueeze(dy, [axis]), only(place), only(size - 1 - place))
}

/** Any number of slices, some perhaps taken twice, added at their indices along an axis. */
function scatterAlong(dy: Value, indices: Value, x: Value, axis: number): Value {
  // ScatterND works on the first axis, so the gathered axis is moved there and back.
  const axes = x.shape.map((_, i) => i)
  const toFront = [axis, ...axes.filter((i) => i !== axis)]
  const picks = indices.shape.map((_, i) => axis + i)
  const dyFront = transpose(dy, [...picks, ...dy.shape.map((_, i) => i).filter((i) => !picks.includes(i))])
  const rest = toFront.slice(1).map((i) => sizeOf(x, [i]))
  const zeros = zerosLike(transpose(x, toFront))
  const sum = scatterAdd(zeros, reshape(indices, [-1, 1]), reshape(dyFront, [-1, ...rest]))
  return transpose(
    sum,
    axes.map((i) => toFront.indexOf(i)),
  )
}
