import { type Dim, formatShape, isUnknown, type Shape } from './dim.js'
import type { DeclaredType, TensorType } from './node.js'

/**
 * What was inferred for a value, with sizes that only the file knows. Where they contradict each other, the file is the
 * one that is wrong: exporters leave sizes of the example input behind, and other tools change nodes without them.
 */
export function refine(inferred: TensorType, declared: DeclaredType, name: string, notes: string[]): TensorType {
  if ('$typeName' in declared) return inferred
  const { dtype, shape } = inferred
  const fits =
    dtype === declared.dtype &&
    shape.length === declared.shape.length &&
    shape.every(
      (dim, i) => typeof dim === 'string' || typeof declared.shape[i] === 'string' || dim === declared.shape[i],
    )
  if (fits) return { ...inferred, shape: shape.map((dim, i) => better(dim, declared.shape[i]!)) }
  notes.push(`${name} is ${describe(dtype, shape)}, though the file says ${describe(declared.dtype, declared.shape)}`)
  return inferred
}

const better = (inferred: Dim, declared: Dim): Dim => (isUnknown(inferred) ? declared : inferred)

const describe = (dtype: string, shape: Shape) => `${dtype}${formatShape(shape)}`
