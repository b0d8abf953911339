import { type Calibration, CalibrationCounter } from './calibration.js'
import {
  type AverageMetrics,
  balancedAccuracy,
  type ClassMetrics,
  classMetrics,
  macroAverage,
  weightedAverage,
} from './class-metrics.js'

/** How well a model does on labelled pictures. Shares are from 0 to 1. */
export interface Evaluation {
  count: number
  accuracy: number
  /** The share of pictures whose label is among the five most probable. */
  top5: number
  /** Mean cross-entropy, in nats. */
  loss: number
  perClass: ClassMetrics[]
  /** Counts: rows are true classes, columns predicted ones. */
  confusion: number[][]
  /** The mean recall of the classes that have pictures. */
  balancedAccuracy: number
  macro: AverageMetrics
  weighted: AverageMetrics
  calibration: Calibration
}

/** Counts answers, one picture at a time. */
export class EvaluationCounter {
  private readonly confusion: number[][]
  private readonly calibration = new CalibrationCounter()
  private loss = 0
  private inTop5 = 0
  private count = 0

  constructor(private readonly labels: readonly string[]) {
    this.confusion = labels.map(() => Array<number>(labels.length).fill(0))
  }

  /** Counts a picture of the class `label` that the model gave these probabilities, one a class. */
  add(probabilities: readonly number[], label: number): void {
    const own = probabilities[label]!
    const highest = Math.max(...probabilities)
    const predicted = probabilities.indexOf(highest)
    this.count++
    this.confusion[label]![predicted]!++
    this.loss -= Math.log(Math.max(own, Number.MIN_VALUE))
    if (probabilities.filter((probability) => probability > own).length < 5) this.inTop5++
    this.calibration.add(highest, predicted === label)
  }

  result(): Evaluation {
    const { labels, confusion, count } = this
    const perClass = classMetrics(labels, confusion)
    const total = Math.max(count, 1)
    return {
      count,
      accuracy: perClass.reduce((sum, { correct }) => sum + correct, 0) / total,
      top5: this.inTop5 / total,
      loss: this.loss / total,
      perClass,
      confusion,
      balancedAccuracy: balancedAccuracy(perClass),
      macro: macroAverage(perClass),
      weighted: weightedAverage(perClass),
      calibration: this.calibration.result(),
    }
  }
}
