import { renderCharts } from './charts.js'
import { renderConfusion } from './confusion.js'
import type { ReportData } from './data.js'
import { renderExamples } from './examples.js'
import { minute } from './format.js'
import { type Html, html, raw } from './html.js'
import { style } from './style.js'

/** uPlot's files `dist/uPlot.iife.min.js` and `dist/uPlot.min.css`, which go into the page. */
export interface ReportAssets {
  chartScript: string
  chartStyle: string
}

/**
 * A training run as one HTML file that loads nothing from anywhere: it can be mailed, archived and printed.
 * All text of `data` is escaped.
 */
export function renderReport(data: ReportData, { chartScript, chartStyle }: ReportAssets): string {
  const tiles = data.headline.map(({ label, value }) => html`<div><dt>${label}</dt><dd>${value}</dd></div>`)
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="generator" content="Vitrine">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>${data.title}</title>
<style>${raw(chartStyle)}${raw(style)}</style>
</head>
<body>
<header>
<h1>${logo}${data.title}</h1>
<p>Trained with Vitrine, <time datetime="${data.createdAt}">${minute(data.createdAt)}</time></p>
<dl class="tiles">${tiles}</dl>
</header>
<main>
${warnings(data.warnings)}
${renderCharts(data.epochs, chartScript)}
${renderExamples(data.examples)}
${renderConfusion(data.classes, data.confusion)}
${settings(data.settings)}
${model(data.summary)}
</main>
<footer>Made with Vitrine. Charts by uPlot (MIT licence).</footer>
</body>
</html>
`.text
}

/** A picture cut into patches, one of which the model attends to. */
const logo = raw(
  `<svg viewBox="0 0 16 16" aria-hidden="true">${[0, 1, 2]
    .flatMap((row) =>
      [0, 1, 2].map((column) => {
        const opacity = [
          [0.25, 0.45, 0.25],
          [0.45, 1, 0.7],
          [0.25, 0.7, 0.35],
        ][row]![column]!
        return `<rect x="${column * 5.5}" y="${row * 5.5}" width="5" height="5" rx="1" fill="currentColor" opacity="${opacity}"/>`
      }),
    )
    .join('')}</svg>`,
)

function warnings(list: readonly string[]): Html {
  if (list.length === 0) return html``
  return html`<aside class="warnings" aria-label="Warnings"><strong>${list.length === 1 ? 'A warning' : `${list.length} warnings`}</strong>
<ul>${list.map((warning) => html`<li>${warning}</li>`)}</ul></aside>`
}

function settings(values: Record<string, string>): Html {
  const rows = Object.entries(values).map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)
  if (rows.length === 0) return html``
  return html`<section aria-labelledby="settings"><h2 id="settings">Settings</h2><dl class="settings">${rows}</dl></section>`
}

function model(summary: string): Html {
  if (summary === '') return html``
  return html`<section aria-labelledby="model"><h2 id="model">Model</h2>
<pre tabindex="0" role="region" aria-label="Layer table">${summary}</pre></section>`
}
