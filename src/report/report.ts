import { renderCharts } from './charts.js'
import { renderScores } from './class-table.js'
import { renderConfusion } from './confusion.js'
import type { ReportData, UsageExample } from './data.js'
import { renderExamples, renderMistakes } from './examples.js'
import { type Html, html } from './html.js'
import { renderPage } from './page.js'
import { renderPictures } from './pictures.js'
import { renderReliability } from './reliability.js'

/** uPlot's files `dist/uPlot.iife.min.js` and `dist/uPlot.min.css`, which go into the page. */
export interface ReportAssets {
  chartScript: string
  chartStyle: string
}

/** A training run as one HTML file that loads nothing from anywhere. All text of `data` is escaped. */
export function renderReport(data: ReportData, { chartScript, chartStyle }: ReportAssets): string {
  const { title, createdAt, evaluation } = data
  const classes = evaluation.perClass.length
  const tiles = data.headline.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)
  return renderPage({
    title,
    createdAt,
    extraStyle: chartStyle,
    head: html`<dl class="tiles">${tiles}</dl>`,
    body: html`${warnings(data.warnings)}
${renderCharts(data.epochs, chartScript)}
${sideBySide(classes <= 6, renderConfusion(evaluation), renderScores(evaluation))}
${renderMistakes(data.mistakes)}
${renderExamples(data.examples)}
${sideBySide(classes <= 12, renderReliability(evaluation), renderPictures(data.pictures))}
${sideBySide(true, recipe(data.recipe, data.settings), list('machine', 'Machine and time', data.machine))}
${usage(data.usage)}
${model(data.summary)}`,
  })
}

/** Two sections in one row where they are `narrow` enough and there is room. */
function sideBySide(narrow: boolean, first: Html, second: Html): Html {
  return html`<div class="${narrow ? 'pair' : ''}">${first}${second}</div>`
}

function warnings(list: readonly string[]): Html {
  if (list.length === 0) return html``
  return html`<aside class="warnings" aria-label="Warnings"><strong>${list.length === 1 ? 'A warning' : `${list.length} warnings`}</strong>
<ul>${list.map((warning) => html`<li>${warning}</li>`)}</ul></aside>`
}

function recipe(sentences: readonly string[], settings: Record<string, string>): Html {
  if (sentences.length === 0) return list('recipe', 'Recipe', settings)
  return html`<section aria-labelledby="recipe"><h2 id="recipe">Recipe</h2>
<ul class="recipe">${sentences.map((sentence) => html`<li>${sentence}</li>`)}</ul>
<details><summary>All settings</summary>${pairs(settings)}</details></section>`
}

function list(id: string, title: string, values: Record<string, string>): Html {
  if (Object.keys(values).length === 0) return html``
  return html`<section aria-labelledby="${id}"><h2 id="${id}">${title}</h2>${pairs(values)}</section>`
}

function pairs(values: Record<string, string>): Html {
  const rows = Object.entries(values).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  return html`<dl class="settings">${rows}</dl>`
}

function usage(ways: readonly UsageExample[]): Html {
  if (ways.length === 0) return html``
  return html`<section aria-labelledby="usage"><h2 id="usage">Use the model</h2>
${ways.map(({ title, code }) => html`<p class="way">${title}</p><pre tabindex="0" role="region" aria-label="${title}">${code}</pre>`)}
</section>`
}

function model(summary: string): Html {
  if (summary === '') return html``
  return html`<section aria-labelledby="model"><h2 id="model">Model</h2>
<details><summary>Layer table</summary><pre tabindex="0" role="region" aria-label="Layer table">${summary}</pre></details></section>`
}
