import type { AverageMetrics, Evaluation } from '../pipeline/index.js'
import { percent } from './training-display.js'

/** The result of an evaluation for people: a sentence, a row for each class that has pictures or answers, and averages. */
export function formatEvaluation(evaluation: Evaluation): string {
  const { count, accuracy, top5, loss, balancedAccuracy, calibration, perClass, macro, weighted } = evaluation
  const classes = perClass.filter((entry) => entry.count + entry.predicted > 0)
  const rows = [
    ['class', 'precision', 'recall', 'F1', 'right'],
    ...classes.map((entry) => [entry.label, ...shares(entry), `${entry.correct} of ${entry.count}`]),
    ['macro average', ...shares(macro), ''],
    ['weighted average', ...shares(weighted), ''],
  ]
  return [
    `${count} pictures: ${percent(accuracy)} right, ${percent(top5)} among the first five, loss ${loss.toFixed(4)}`,
    `balanced accuracy ${percent(balancedAccuracy)}, expected calibration error ${percent(calibration.error)} (mean confidence ${percent(calibration.confidence)})`,
    '',
    ...alignColumns(rows),
    '',
  ].join('\n')
}

const shares = ({ precision, recall, f1 }: AverageMetrics) => [precision, recall, f1].map(percent)

/** Lines of a table; the first column is text, the others are numbers. */
function alignColumns(rows: readonly string[][]): string[] {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)))
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}
