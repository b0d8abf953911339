import type { Evaluation } from '../pipeline/index.js'
import { cellNote, confusedPairs } from './confused-pairs.js'
import { percent } from './format.js'
import { renderHeatmap } from './heatmap.js'
import { type Html, html, raw } from './html.js'

/** Up to so many classes every count is written out; beyond, it is a shade. */
const largestTable = 24
/** Beyond this many classes a matrix is a carpet; the mistakes are listed instead. */
const largestMatrix = 150
const listedPairs = 20

/** Which classes are taken for which: the confusion matrix, and with more classes the commonest mistakes. */
export function renderConfusion({ perClass, confusion, count }: Evaluation): Html {
  if (count === 0) return html``
  const classes = perClass.map(({ label }) => label)
  const hasMatrix = classes.length <= largestMatrix
  const hasPairs = classes.length > 10
  return html`<section aria-labelledby="confusion">
<h2 id="confusion">${hasMatrix ? 'Confusion matrix' : 'Most frequent mistakes'}</h2>
${hasMatrix ? matrix(classes, confusion) : html``}
${hasMatrix && hasPairs ? html`<h3>Most frequent mistakes</h3>` : html``}
${hasPairs ? pairs(classes, confusion) : html``}
</section>`
}

function matrix(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  return html`<p>Rows are the true classes, columns the model’s answers. Point at a cell to read what it means.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
${classes.length <= largestTable ? table(classes, confusion) : renderHeatmap(classes, confusion)}</div>`
}

function table(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  const crowded = classes.length > 8
  const heads = classes.map((label) => html`<th scope="col" title="${label}"><span>${label}</span></th>`)
  const rows = confusion.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    const cells = row.map((count, j) => cell(count, total, classes[i]!, classes[j]!, i === j, crowded))
    return html`<tr><th scope="row" title="${classes[i]!}"><span>${classes[i]!}</span></th>${cells}</tr>`
  })
  return html`<table class="matrix${crowded ? ' crowded' : ''}">
<thead><tr><td>true ↓ &nbsp; answer →</td>${heads}</tr></thead>
<tbody>${rows}</tbody></table>`
}

function cell(count: number, total: number, label: string, answer: string, right: boolean, crowded: boolean): Html {
  if (count === 0) return html`<td class="none">0</td>`
  const share = count / total
  // Mistakes are few; the square root makes them visible.
  const shade = (right ? share : Math.sqrt(share)).toFixed(3)
  const small = crowded ? html`` : html`<small>${percent(share)}</small>`
  return html`<td class="${right ? 'right' : 'wrong'}" style="--shade:${raw(shade)}" title="${cellNote(count, total, label, answer)}">${count}${small}</td>`
}

function pairs(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  const rows = confusedPairs(classes, confusion, listedPairs).map(
    ({ label, predicted, count, share }) =>
      html`<tr><th scope="row">${label}</th><td class="text">${predicted}</td><td>${count}</td><td>${percent(share)}</td></tr>`,
  )
  if (rows.length === 0) return html`<p>No picture was taken for another class.</p>`
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Most frequent mistakes"><table class="numbers">
<thead><tr><th scope="col">True class</th><th scope="col" class="text">Taken for</th><th scope="col">Pictures</th><th scope="col">Share of the class</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}
