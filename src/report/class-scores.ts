/** How well one class is told from the others. A fraction is undefined where there is nothing to divide by. */
export interface ClassScore {
  label: string
  /** Pictures of the class. */
  count: number
  /** The fraction of its pictures that were recognised. */
  recall: number | undefined
  /** The fraction of pictures given its name that bear it rightly. */
  precision: number | undefined
}

/** Two classes of which one is taken for the other. */
export interface Confusion {
  label: string
  predicted: string
  count: number
  /** The fraction of the pictures of `label`. */
  share: number
}

/** Scores of each class, from counts with true classes as rows and predicted ones as columns. */
export function classScores(classes: readonly string[], confusion: readonly (readonly number[])[]): ClassScore[] {
  return classes.map((label, i) => {
    const right = confusion[i]![i]!
    const count = sum(confusion[i]!)
    const predicted = sum(confusion.map((row) => row[i]!))
    return {
      label,
      count,
      recall: count > 0 ? right / count : undefined,
      precision: predicted > 0 ? right / predicted : undefined,
    }
  })
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
