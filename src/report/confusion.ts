import { type ClassScore, classScores, confusedPairs } from './class-scores.js'
import { percent } from './format.js'
import { type Html, html, raw } from './html.js'

/** Beyond this many classes a matrix is a carpet; the mistakes are listed instead. */
const largestMatrix = 40
const listedPairs = 20
const listedClasses = 25

/** Which classes are taken for which, and how well each is recognised. */
export function renderConfusion(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  if (confusion.every((row) => row.every((count) => count === 0))) return html``
  const small = classes.length <= largestMatrix
  return html`<div class="${classes.length <= 8 ? 'pair' : ''}"><section aria-labelledby="confusion">
<h2 id="confusion">${small ? 'Confusion matrix' : 'Most frequent mistakes'}</h2>
${small ? matrix(classes, confusion) : html``}
${small && classes.length > 10 ? html`<h3>Most frequent mistakes</h3>` : html``}
${classes.length > 10 ? pairs(classes, confusion) : html``}
</section>
${scores(classScores(classes, confusion))}</div>`
}

function matrix(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  const crowded = classes.length > 8
  const heads = classes.map((label) => html`<th scope="col" title="${label}"><span>${label}</span></th>`)
  const rows = confusion.map((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    const cells = row.map((count, j) => cell(count, total, classes[i]!, classes[j]!, i === j, crowded))
    return html`<tr><th scope="row" title="${classes[i]!}"><span>${classes[i]!}</span></th>${cells}</tr>`
  })
  return html`<p>Rows are the true classes, columns the model’s answers. Point at a cell to read what it means.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Confusion matrix">
<table class="matrix${crowded ? ' crowded' : ''}">
<thead><tr><td>true ↓ &nbsp; answer →</td>${heads}</tr></thead>
<tbody>${rows}</tbody></table></div>`
}

function cell(count: number, total: number, label: string, answer: string, right: boolean, crowded: boolean): Html {
  if (count === 0) return html`<td class="none">0</td>`
  const share = count / total
  // Mistakes are few; the square root makes them visible.
  const shade = (right ? share : Math.sqrt(share)).toFixed(3)
  const note = `${count} of ${total} pictures of ${label} were taken for ${answer} (${percent(share)})`
  const small = crowded ? html`` : html`<small>${percent(share)}</small>`
  return html`<td class="${right ? 'right' : 'wrong'}" style="--shade:${raw(shade)}" title="${note}">${count}${small}</td>`
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

function scores(all: readonly ClassScore[]): Html {
  const hardest = [...all].sort((a, b) => (a.recall ?? 1) - (b.recall ?? 1)).slice(0, listedClasses)
  const shown = all.length <= largestMatrix ? all : hardest
  const rows = shown.map(
    ({ label, count, recall, precision }) =>
      html`<tr><th scope="row">${label}</th><td>${count}</td><td>${meter(recall)}</td><td>${meter(precision)}</td></tr>`,
  )
  return html`<section aria-labelledby="classes">
<h2 id="classes">${shown === all ? 'By class' : `The ${shown.length} hardest of ${all.length} classes`}</h2>
<p>Recall is the share of a class that was recognised; precision, the share of answers with its name that were right.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Scores by class"><table class="numbers scores">
<thead><tr><th scope="col">Class</th><th scope="col">Pictures</th><th scope="col">Recall</th><th scope="col">Precision</th></tr></thead>
<tbody>${rows}</tbody></table></div></section>`
}

function meter(fraction: number | undefined): Html {
  const width = ((fraction ?? 0) * 100).toFixed(1)
  return html`<span><span class="bar"><i style="width:${raw(width)}%"></i></span><span>${percent(fraction)}</span></span>`
}
