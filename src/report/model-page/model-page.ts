import { UserError } from '../../errors.js'
import type { Understanding } from '../../inspect/understand/understanding.js'
import type { OnnxModel } from '../../onnx/index.js'
import { type Html, html, json, raw } from '../html.js'
import { renderPage } from '../page.js'
import { collect, type Findings } from './collect.js'
import { formulasInMathml } from './formulas.js'
import type { PageData } from './page-data.js'
import { modelPageStyle } from './style.js'

export interface ModelPageOptions {
  /** Mostly the file's name. */
  title: string
  /** ISO 8601. */
  createdAt: string
  /** The page's script: what `bundle` makes of the compiled modules of `browser/`. */
  script: string
}

/** Drawings of more nodes take a browser's memory and nobody's interest. The largest ViTs have 6,000. */
const mostNodes = 10_000

/**
 * An ONNX model as one HTML file that loads nothing from anywhere: from its input to its output, opening part by part down to
 * single nodes, with shapes, weights, time and memory. Names in the file are escaped. Of each weight at most 2^16 numbers
 * are read.
 * @throws UserError where the model has more nodes than a page can show
 */
export function renderModelPage(
  model: Pick<OnnxModel, 'graph' | 'producer' | 'opsets' | 'notes'>,
  findings: Findings,
  { title, createdAt, script }: ModelPageOptions,
): string {
  const { understanding } = findings
  const { length } = model.graph.nodes
  if (length > mostNodes)
    throw new UserError(`it has ${length} nodes, and a page shows at most ${mostNodes}: leave --html out`)
  const data = collect(model.graph, findings)
  return renderPage({
    title,
    createdAt,
    ownStyle: modelPageStyle,
    head: html`<p class="sentence">${understanding.sentence}</p>${facts(model, data)}`,
    body: html`${toolbar}
<div class="stage-and-panel">
<div id="shelf" role="group" aria-label="The model: what is inside an opened part stands to its right"></div>
<aside aria-label="Details"><button id="sheet" aria-expanded="false" aria-controls="inspector">Details</button><div id="inspector" aria-live="polite"></div></aside>
</div>
${differences(understanding, data)}
${timeline(data)}
${notes(model.notes)}
<noscript><p class="warnings">This page draws the model with a script of its own: allow scripts to see it.</p></noscript>
<template id="formulas">${formulasOf(data)}</template>
${arrowHeads}
<script type="application/json" id="model">${json(data)}</script>
<script>${raw(script)}</script>`,
  })
}

function facts({ producer, opsets }: Pick<OnnxModel, 'producer' | 'opsets'>, data: PageData): Html {
  const [model] = data.parts
  const million = (count: number) => `${(count / 1e6).toPrecision(3)} M`
  const entries: [string, string][] = [
    ['parameters', million(model!.parameters)],
    ['GMACs', (model!.macs / 1e9).toPrecision(3)],
    ['nodes', String(model!.nodes)],
    ['opset', [...opsets].map(([domain, version]) => `${domain && `${domain} `}${version}`).join(', ')],
  ]
  if (data.isMeasured) entries.splice(2, 0, ['measured', `${(model!.microseconds / 1000).toPrecision(3)} ms`])
  if (producer) entries.push(['exporter', producer])
  return html`<dl class="facts-line">${entries.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}</dl>`
}

const toolbar = raw(`<div class="toolbar">
<nav aria-label="Where you are"><ol id="crumbs"></ol></nav>
<p class="keys" aria-hidden="true"><kbd>↑</kbd><kbd>↓</kbd> along <kbd>→</kbd> into <kbd>←</kbd> out of a part</p>
<div class="finder" role="search"><input id="search" type="search" placeholder="Find an operator, name or shape" aria-label="Find an operator, name or shape"
role="combobox" aria-expanded="false" aria-controls="results" aria-autocomplete="list" autocomplete="off" spellcheck="false"><kbd aria-hidden="true">/</kbd>
<ul id="results" role="listbox" aria-label="Found" hidden></ul></div>
</div>`)

function differences({ kind, differences: list }: Understanding, data: PageData): Html {
  if (list.length === 0) return html``
  const items = list.map(({ what }, i) => {
    const node = data.differences[i]![1]
    return node < 0
      ? html`<li>${what}</li>`
      : html`<li><button class="link" data-go="${-1 - node}">${what}</button></li>`
  })
  const title = kind === 'vit' ? 'Different from a plain ViT' : 'Why it is no plain ViT'
  return html`<section class="differences" aria-labelledby="differences"><h2 id="differences"><span aria-hidden="true">≠</span> ${title}</h2><ul>${items}</ul></section>`
}

function timeline({ isMeasured }: PageData): Html {
  const words = isMeasured
    ? 'A run node after node, as ONNX Runtime’s own profile has it; nodes that it runs as one share one time, which stands at the last of them. Below, what activations take meanwhile.'
    : 'What activations take at each node. No time was measured: inspect --profile --html does.'
  return html`<section aria-labelledby="run"><h2 id="run">${isMeasured ? 'Time and memory' : 'Memory'}</h2><p>${words}</p>
<div class="timeline" id="timeline"></div>
<h3>Operators</h3><div id="operators"></div></section>`
}

function notes(list: readonly string[]): Html {
  if (list.length === 0) return html``
  return html`<section aria-labelledby="notes"><h2 id="notes">Noted while reading</h2><ul>${list.map((note) => html`<li>${note}</li>`)}</ul></section>`
}

/** The formulas that the model's parts have, for the script to copy. */
function formulasOf({ parts, strings }: PageData): Html[] {
  const names = new Set(parts.map(({ formula }) => strings[formula]!).filter(Boolean))
  return [...names].map(
    (name) => html`<div class="formula" data-formula="${name}">${raw(formulasInMathml[name] ?? '')}</div>`,
  )
}

const arrowHeads = raw(
  `<svg width="0" height="0" aria-hidden="true" class="defs"><defs>${['head', 'stream-head']
    .map(
      (id) =>
        `<marker id="${id}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0.5L7.5 4L0 7.5z"/></marker>`,
    )
    .join('')}</defs></svg>`,
)
