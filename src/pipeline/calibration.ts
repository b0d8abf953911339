/** The answers whose confidence lies in (`lower`, `upper`]. Means are 0 where there is none. */
export interface CalibrationBin {
  lower: number
  upper: number
  count: number
  /** Mean probability of the answers. */
  confidence: number
  /** The share of answers that were right. */
  accuracy: number
}

/** Whether a model is right as often as it says: its reliability curve, and one figure for it. */
export interface Calibration {
  /**
   * The expected calibration error: the gap between confidence and accuracy, averaged over all answers; 0 is best.
   * Guo et al., "On Calibration of Modern Neural Networks", https://arxiv.org/abs/1706.04599
   */
  error: number
  /** Mean probability of the answers given; above the accuracy where the model is too sure of itself. */
  confidence: number
  bins: CalibrationBin[]
}

/** Bins of the expected calibration error, as in Guo et al. */
const binCount = 15

/** Sorts answers into bins of equal width by their confidence. */
export class CalibrationCounter {
  private readonly counts = new Float64Array(binCount)
  private readonly right = new Float64Array(binCount)
  private readonly confidences = new Float64Array(binCount)

  /** Counts an answer that was given with a probability of `confidence`. */
  add(confidence: number, isRight: boolean): void {
    const bin = Math.min(Math.max(Math.ceil(confidence * binCount) - 1, 0), binCount - 1)
    this.counts[bin]!++
    this.confidences[bin]! += confidence
    if (isRight) this.right[bin]!++
  }

  result(): Calibration {
    const total = Math.max(sum(this.counts), 1)
    const gaps = this.confidences.map((confidence, i) => Math.abs(confidence - this.right[i]!))
    const bins = Array.from(this.counts, (count, i) => ({
      lower: i / binCount,
      upper: (i + 1) / binCount,
      count,
      confidence: this.confidences[i]! / Math.max(count, 1),
      accuracy: this.right[i]! / Math.max(count, 1),
    }))
    return { error: sum(gaps) / total, confidence: sum(this.confidences) / total, bins }
  }
}

const sum = (values: Float64Array) => values.reduce((total, value) => total + value, 0)
