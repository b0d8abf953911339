import type { AverageMetrics, ClassMetrics, Evaluation } from '../pipeline/index.js'
import { percent } from './format.js'
import { type Html, html, raw } from './html.js'

/** With more classes than this the table shows the hardest only. */
const longestTable = 150
const listedClasses = 25

/** Precision, recall and F1 of each class, and their averages. */
export function renderScores({ perClass, macro, weighted, balancedAccuracy, count }: Evaluation): Html {
  if (count === 0) return html``
  const hardest = [...perClass].filter((entry) => entry.count > 0).sort((a, b) => a.f1 - b.f1)
  const shown = perClass.length <= longestTable ? perClass : hardest.slice(0, listedClasses)
  return html`<section aria-labelledby="classes">
<h2 id="classes">${shown === perClass ? 'By class' : `The ${shown.length} hardest of ${perClass.length} classes`}</h2>
<p>Precision is the share of answers with a class’s name that were right; recall, the share of the class that was recognised;
F1, their harmonic mean. Balanced accuracy, which counts every class the same, is ${percent(balancedAccuracy)}.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Scores by class"><table class="numbers scores">
<thead><tr><th scope="col">Class</th><th scope="col">Pictures</th><th scope="col">Precision</th><th scope="col">Recall</th><th scope="col">F1</th></tr></thead>
<tbody>${shown.map(row)}</tbody>
<tfoot>${average('Macro average', macro)}${average('Weighted average', weighted)}</tfoot></table></div></section>`
}

function row({ label, count, predicted, precision, recall, f1 }: ClassMetrics): Html {
  return html`<tr><th scope="row">${label}</th><td>${count}</td><td>${percent(predicted > 0 ? precision : undefined)}</td>
<td>${percent(count > 0 ? recall : undefined)}</td><td>${meter(count > 0 ? f1 : undefined)}</td></tr>`
}

function average(title: string, { precision, recall, f1 }: AverageMetrics): Html {
  return html`<tr><th scope="row">${title}</th><td></td><td>${percent(precision)}</td><td>${percent(recall)}</td><td>${meter(f1)}</td></tr>`
}

function meter(fraction: number | undefined): Html {
  const width = ((fraction ?? 0) * 100).toFixed(1)
  return html`<span><span class="bar"><i style="width:${raw(width)}%"></i></span><span>${percent(fraction)}</span></span>`
}
