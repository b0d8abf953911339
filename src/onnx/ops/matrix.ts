import type { Dim, Shape } from '../dim.js'
import { int, type Node, type Value } from '../node.js'
import type { Schema } from '../schema.js'
import { broadcastShapes, emit, requireEqual, sameDType } from './common.js'

/** The shape of the product of the last two axes. @throws where rows and columns do not meet */
export function productShape(node: Node, a: Value, b: Value): Shape {
  if (a.rank === 0 || b.rank === 0) throw new Error('a scalar has no rows or columns')
  requireEqual('inner sizes', a.shape.at(-1), b.shape.at(b.rank === 1 ? 0 : -2))
  const batch = broadcastShapes(node.graph, a.shape.slice(0, -2), b.shape.slice(0, -2))
  return [...batch, ...(a.rank > 1 ? [a.shape.at(-2)!] : []), ...(b.rank > 1 ? [b.shape.at(-1)!] : [])]
}

const matMulSchema: Schema = (node) => {
  const [a, b] = [node.input(0), node.input(1)]
  return { dtype: sameDType(a, b), shape: productShape(node, a, b) }
}

/** Sizes of named axes, as in Einstein's notation: `bhid,bhjd->bhij`. An ellipsis stands for what broadcasts. */
const einsumSchema: Schema = (node) => {
  const [left, right] = node.string('equation').replace(/\s/g, '').split('->')
  const terms = left!.split(',')
  const sizes = new Map<string, Dim>()
  let rest: Shape = []
  for (const [i, term] of terms.entries()) {
    const { shape } = node.input(i)
    const [before = '', after] = term.split('...')
    const named = before.length + (after?.length ?? 0)
    if (after === undefined ? named !== shape.length : named > shape.length)
      throw new Error(`the term ${term} does not fit rank ${shape.length}`)
    const hidden = shape.length - named
    if (after !== undefined)
      rest = broadcastShapes(node.graph, rest, shape.slice(before.length, before.length + hidden))
    const labels = [...before].map((label, axis) => [label, shape[axis]!] as const)
    for (const [axis, label] of [...(after ?? '')].entries())
      labels.push([label, shape[before.length + hidden + axis]!])
    for (const [label, size] of labels) {
      const known = sizes.get(label)
      requireEqual(`the sizes called ${label}`, known === 1 ? size : known, size === 1 ? known : size)
      if (known === undefined || known === 1 || typeof size === 'number')
        sizes.set(label, size === 1 ? (known ?? 1) : size)
    }
  }
  // Without an arrow: first what broadcasts, then all labels that stand alone, in order of the alphabet.
  const all = terms.join('').replaceAll('...', '')
  const alone = [...sizes.keys()].filter((label) => all.split(label).length === 2).sort()
  const target = right ?? `${left!.includes('...') ? '...' : ''}${alone.join('')}`
  const shape = [...target.replace('...', '.')].flatMap((label) => (label === '.' ? rest : [sizes.get(label)!]))
  if (shape.includes(undefined as never)) throw new Error(`the result ${target} has a label that no term has`)
  return { dtype: node.input(0).dtype, shape }
}

/** Operators on matrices that Vitrine reads but does not emit. */
export const moreMatrixSchemas: Record<string, Schema> = {
  Einsum: einsumSchema,
  Det: (node) => ({ dtype: node.input(0).dtype, shape: node.input(0).shape.slice(0, -2) }),
}

const gemmSchema: Schema = (node) => {
  const [a, b, c] = [node.input(0), node.input(1), node.inputs[2]]
  if (a.rank !== 2 || b.rank !== 2) throw new Error('both factors must be matrices')
  const [rows, inner] = node.int('transA', 0) ? [a.shape[1]!, a.shape[0]!] : [a.shape[0]!, a.shape[1]!]
  const [innerB, columns] = node.int('transB', 0) ? [b.shape[1]!, b.shape[0]!] : [b.shape[0]!, b.shape[1]!]
  requireEqual('inner sizes', inner, innerB)
  if (c) requireEqual('columns of product and addend', columns, c.shape.at(-1) === 1 ? columns : c.shape.at(-1))
  return { dtype: c ? sameDType(a, b, c) : sameDType(a, b), shape: [rows, columns] }
}

export const matrixSchemas: Record<string, Schema> = {
  MatMul: matMulSchema,
  Gemm: gemmSchema,
}

/** The matrix product of the last two axes; the others broadcast. */
export const matMul = (a: Value, b: Value): Value => emit('MatMul', [a, b])

/** A·B + C for matrices; either factor may be transposed: `transB` takes B as [columns, inner]. */
export function gemm(a: Value, b: Value, c?: Value, { transA = false, transB = false } = {}): Value {
  return emit('Gemm', c ? [a, b, c] : [a, b], { transA: int(Number(transA)), transB: int(Number(transB)) })
}
