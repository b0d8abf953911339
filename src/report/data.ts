import type { Evaluation, Prediction } from '../pipeline/index.js'
import type { EpochMetrics } from '../train/index.js'

/** An unseen picture and what the model takes it for, the likeliest first. */
export interface Example {
  /** A `data:` URI, since the report must not load anything. */
  image: string
  file: string
  label: string
  predictions: Prediction[]
}

/** How many pictures there are of a class. */
export interface ClassSize {
  label: string
  train: number
  validation: number
}

/** A way to use the model, and what to type for it. */
export interface UsageExample {
  title: string
  code: string
}

/** All that a report shows. Any text may come from file names, and is escaped. */
export interface ReportData {
  title: string
  /** ISO 8601. */
  createdAt: string
  /** The figures to see first, such as accuracy, pictures, parameters and time. */
  headline: { label: string; value: string }[]
  epochs: EpochMetrics[]
  /** How the model does on unseen pictures. */
  evaluation: Evaluation
  /** Unseen pictures that were taken for something else, the surest answer first. */
  mistakes: Example[]
  /** Unseen pictures drawn by chance. */
  examples: Example[]
  pictures: ClassSize[]
  /** How the model was trained, in sentences. */
  recipe: string[]
  settings: Record<string, string>
  /** Where it was trained, and how long that took. */
  machine: Record<string, string>
  usage: UsageExample[]
  /** The model's layer table, as fixed-width text. */
  summary: string
  warnings: string[]
}
