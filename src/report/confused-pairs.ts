import { percent } from './format.js'

/** Two classes of which one is taken for the other. */
export interface Confusion {
  label: string
  predicted: string
  count: number
  /** The fraction of the pictures of `label`. */
  share: number
}

/** The commonest mistakes, at most `limit` of them. */
export function confusedPairs(
  classes: readonly string[],
  confusion: readonly (readonly number[])[],
  limit: number,
): Confusion[] {
  const pairs = confusion.flatMap((row, i) => {
    const total = sum(row)
    return row.flatMap((count, j) =>
      i !== j && count > 0 ? [{ label: classes[i]!, predicted: classes[j]!, count, share: count / total }] : [],
    )
  })
  return pairs.sort((a, b) => b.count - a.count || b.share - a.share).slice(0, limit)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

/** What a cell of the matrix says, in words. */
export function cellNote(count: number, total: number, label: string, answer: string): string {
  return `${count} of ${total} pictures of ${label} were taken for ${answer} (${percent(count / total)})`
}
