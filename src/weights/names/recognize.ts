import { UserError } from '../../errors.js'
import { plain } from '../untrusted.js'
import type { NameTable } from './table.js'
import { tables } from './tables.js'

/** Whose names a file has, and what stands before them. */
export interface Recognized {
  table: NameTable
  prefix: string
}

/**
 * Tells by the names of a file's tensors which library they are of, whatever wrapper stands before them.
 * @throws UserError where they are of none, or of several models
 */
export function recognize(names: readonly string[], file: string): Recognized {
  const found: Recognized[] = []
  const marked = new Map(tables.map((table) => [table, names.filter((name) => name.includes(table.mark ?? ''))]))
  // No file of weights has thousands of these, and each may have to be compared with all that are marked.
  const anchors = names.filter((name) => tables.some(({ anchor }) => endsIn(name, anchor))).slice(0, 1000)
  for (const name of anchors) {
    const table = tables.find((table) => endsIn(name, table.anchor) && isMarked(table, marked.get(table)!, name))
    if (table) found.push({ table, prefix: name.slice(0, -table.anchor.length) })
    if (found.length > 1) break
  }
  const [first, second] = found
  if (!first) {
    const some = names.slice(0, 3).map(plain).join(', ')
    throw new UserError(
      `${file} holds no Vision Transformer that Vitrine knows (it has ${names.length} tensors${some && `, such as ${some}`}): choose a ViT of timm, Hugging Face, torchvision, open_clip, Google or PaddleViT`,
    )
  }
  if (second) {
    const [one, other] = [first, second].map(({ table, prefix }) => plain(prefix + table.anchor))
    throw new UserError(
      `${file} holds more than one Vision Transformer (${one}, ${other}): save the one you want alone`,
    )
  }
  return first
}

function endsIn(name: string, anchor: string): boolean {
  return name.endsWith(anchor) && /(^|[./])$/.test(name.slice(0, -anchor.length))
}

/** Does one of the names with the table's mark stand after the same prefix as the anchor? */
function isMarked({ anchor, mark }: NameTable, marked: readonly string[], anchorName: string): boolean {
  if (mark === undefined) return true
  const prefix = anchorName.slice(0, -anchor.length)
  return marked.some((name) => name.startsWith(prefix) && name.includes(mark, prefix.length))
}
