import type { Prediction } from '../pipeline/index.js'
import type { EpochMetrics } from '../train/index.js'

/** An unseen picture and what the model takes it for, the likeliest first. */
export interface Example {
  /** A `data:` URI, since the report must not load anything. */
  image: string
  file: string
  label: string
  predictions: Prediction[]
}

/** All that a report shows. Any text may come from file names, and is escaped. */
export interface ReportData {
  title: string
  /** ISO 8601. */
  createdAt: string
  /** The figures to see first, such as accuracy, pictures, parameters and time. */
  headline: { label: string; value: string }[]
  epochs: EpochMetrics[]
  classes: string[]
  /** Counts of unseen pictures: rows are true classes, columns predicted ones, both in the order of `classes`. */
  confusion: number[][]
  examples: Example[]
  settings: Record<string, string>
  /** The model's layer table, as fixed-width text. */
  summary: string
  warnings: string[]
}
