import { UserError } from '../../errors.js'
import type { Tensor } from '../../onnx/tensor.js'
import { toFloat32 } from '../float16.js'
import { plain } from '../untrusted.js'
import { assemble, type Piece, slice } from './parts.js'
import { type Recognized, recognize } from './recognize.js'
import { type Rule, RuleBook, rulesOf } from './rules.js'
import type { HuggingFaceType, Source } from './table.js'

/** A ViT's tensors under Vitrine's names, and what became of the file's. */
export interface CanonicalWeights {
  source: Source
  /** What Hugging Face calls this kind of model, where the names are those of Hugging Face. */
  modelType?: HuggingFaceType
  /** By their names in timm's VisionTransformer; float32. */
  tensors: Map<string, Tensor>
  /** The number of attention heads, where the shapes tell it: in Google's files. */
  numHeads?: number
  /** How many tensors of the file are in `tensors`. */
  matched: number
  /** The names in `tensors` of those which the library keeps in another order of axes. */
  transposed: string[]
  /** The names in `tensors` of those which the library keeps in parts: query, key and value mostly. */
  merged: string[]
  /** Tensors of the file that are known and not needed, such as a text tower. */
  dropped: string[]
  /** Tensors of the file that are not known: a model that has them may compute something else. */
  unexpected: string[]
  /** What else the user should know, each in a few words. */
  notes: string[]
}

/**
 * Brings the weights of any library to the names and the layout of timm's VisionTransformer. Tensors are views of the
 * file where their order allows it.
 * @param file the file's name, for error messages
 * @throws UserError where the names are of no known library, or tensors are missing, doubled or of a wrong shape
 */
export function toCanonical(read: Map<string, Tensor>, file: string): CanonicalWeights {
  const recognized = recognize([...read.keys()], file)
  const { table } = recognized
  const all = table.prepare?.(read, file) ?? read
  const names = new Names(recognized)
  const pieces: Piece[] = []
  const transposed = new Set<string>()
  const dropped = new Map<string, string[]>()
  const unexpected: string[] = []
  let matched = 0
  for (const [name, tensor] of all) {
    const rules = names.rules(name)
    if (rules.length === 0) {
      const reason = names.reasonToLeaveOut(name)
      if (reason === undefined) unexpected.push(name)
      else
        dropped
          .set(reason, dropped.get(reason) ?? [])
          .get(reason)!
          .push(name)
      continue
    }
    matched++
    const float32 = asFloat32(tensor, file, name)
    for (const rule of rules) {
      const origin = { file, name: plain(name) }
      const part = slice(float32, rule.theirs, origin)
      pieces.push({ part: rule.ours, tensor: rule.layout?.read(part, origin) ?? part, origin })
      if (rule.layout?.reorders) transposed.add(rule.ours.name)
    }
  }
  const { tensors, merged } = assemble(pieces)
  const notes = [...dropped].map(([reason, { length }]) => `left out ${reason} (${length} tensors)`)
  notes.push(...(table.finish?.(tensors, (name) => names.seen.has(name), file) ?? []), ...addHeadBias(tensors))
  const numHeads = table.numHeads?.(all)
  return {
    source: table.source,
    ...(table.modelType && { modelType: table.modelType }),
    tensors,
    ...(numHeads !== undefined && { numHeads }),
    matched,
    transposed: [...transposed],
    merged,
    dropped: [...dropped.values()].flat(),
    unexpected,
    notes,
  }
}

/** Looks names up in a table, without what stands before them in the file. */
class Names {
  /** The names in the table of the tensors looked up so far. */
  readonly seen = new Set<string>()
  private readonly inside: RuleBook
  private readonly outside: RuleBook
  /** What stands before the names outside. */
  private readonly base: string

  constructor(private readonly recognized: Recognized) {
    const { table, prefix } = recognized
    const { parameters } = table
    this.inside = new RuleBook(rulesOf([...table.rows, ...(table.swiglu ?? [])], parameters), 'theirs')
    this.outside = new RuleBook(rulesOf(table.outside ?? [], parameters), 'theirs')
    this.base = prefix.endsWith(table.prefix) ? prefix.slice(0, prefix.length - table.prefix.length) : ''
  }

  rules(name: string): Rule[] {
    for (const [prefix, book] of [
      [this.recognized.prefix, this.inside],
      [this.base, this.outside],
      ['', this.outside],
    ] as const) {
      if (!name.startsWith(prefix)) continue
      const short = this.respell(name.slice(prefix.length))
      const rules = book.find(short)
      if (rules.length === 0) continue
      this.seen.add(short)
      return rules
    }
    return []
  }

  reasonToLeaveOut(name: string): string | undefined {
    const { table, prefix } = this.recognized
    const spellings = [prefix, this.base, ''].filter((start) => name.startsWith(start))
    return table.leftOut?.find(([names]) => spellings.some((start) => names.test(name.slice(start.length))))?.[1]
  }

  private respell(name: string): string {
    return this.recognized.table.respell?.(name) ?? name
  }
}

function asFloat32(tensor: Tensor, file: string, name: string): Tensor {
  if (/float/.test(tensor.dtype)) return toFloat32(tensor)
  throw new UserError(
    `${file} holds ${plain(name)} as ${tensor.dtype}: choose a model whose weights are floating point numbers`,
  )
}

/** CLIP's projection has no bias; a head has one. */
function addHeadBias(tensors: Map<string, Tensor>): string[] {
  const [classes] = tensors.get('head.weight')?.shape ?? []
  if (classes === undefined || tensors.has('head.bias')) return []
  tensors.set('head.bias', { dtype: 'float32', shape: [classes], data: new Float32Array(classes) })
  return ['gave the head, which has no bias, one of zeros']
}
