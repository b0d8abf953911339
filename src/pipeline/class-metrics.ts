/** How well one class is told from the others. Shares are from 0 to 1, and 0 where there is nothing to divide by. */
export interface ClassMetrics {
  label: string
  /** Pictures of the class: its support. */
  count: number
  /** Pictures that were taken for it. */
  predicted: number
  /** Pictures of the class that were taken for it. */
  correct: number
  /** The share of its pictures that were recognised, which is its recall. */
  accuracy: number
  /** The share of pictures taken for it that are of it. */
  precision: number
  recall: number
  /** The harmonic mean of precision and recall. */
  f1: number
}

/** Means over classes. */
export interface AverageMetrics {
  precision: number
  recall: number
  f1: number
}

/**
 * Precision, recall and F1 of each class, from counts with true classes as rows and predicted ones as columns, as
 * scikit-learn's `precision_recall_fscore_support(zero_division=0)` gives them.
 */
export function classMetrics(labels: readonly string[], confusion: readonly (readonly number[])[]): ClassMetrics[] {
  return labels.map((label, i) => {
    const correct = confusion[i]![i]!
    const count = sum(confusion[i]!)
    const predicted = sum(confusion.map((row) => row[i]!))
    const recall = ratio(correct, count)
    return {
      label,
      count,
      predicted,
      correct,
      accuracy: recall,
      precision: ratio(correct, predicted),
      recall,
      f1: ratio(2 * correct, count + predicted),
    }
  })
}

/** Means in which every class counts the same; a class without pictures that nothing was taken for is left out. */
export function macroAverage(classes: readonly ClassMetrics[]): AverageMetrics {
  return average(classes, ({ count, predicted }) => (count + predicted > 0 ? 1 : 0))
}

/** Means in which every picture counts the same. The recall is the accuracy. */
export function weightedAverage(classes: readonly ClassMetrics[]): AverageMetrics {
  return average(classes, ({ count }) => count)
}

/** The mean recall of the classes that have pictures: what accuracy would be if all had the same number. */
export function balancedAccuracy(classes: readonly ClassMetrics[]): number {
  return average(classes, ({ count }) => (count > 0 ? 1 : 0)).recall
}

function average(classes: readonly ClassMetrics[], weightOf: (entry: ClassMetrics) => number): AverageMetrics {
  const total = sum(classes.map(weightOf))
  const mean = (key: keyof AverageMetrics) => ratio(sum(classes.map((entry) => weightOf(entry) * entry[key])), total)
  return { precision: mean('precision'), recall: mean('recall'), f1: mean('f1') }
}

const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : 0)

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
