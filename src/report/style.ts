import { drawingStyle } from './drawing-style.js'

/** The look of a report: light and dark, on a screen, a phone or paper. */
export const style = `
:root {
  --page: #f6f7f9; --card: #fff; --text: #1a1d23; --muted: #5b6270; --line: #dfe3e8;
  --accent: #0f766e; --training: #c2620e; --validation: #0f766e;
  --right: 15 118 110; --wrong: 196 62 28; --warn: #8a5a00; --warn-page: #fff6e0;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-paper]) {
    --page: #111418; --card: #1a1e24; --text: #e9ecf1; --muted: #a0a8b5; --line: #2f353e;
    --accent: #4fd1c0; --training: #f0a35e; --validation: #4fd1c0;
    --right: 62 190 172; --wrong: 240 110 80; --warn: #f2c261; --warn-page: #2b2413;
  }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 3rem; max-width: 72rem; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h1 svg { width: .95em; height: .95em; margin-right: .5em; vertical-align: -.08em; color: var(--accent); }
h2 { font-size: 1.2rem; margin: 0 0 .35rem; }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p { margin: 0 0 1rem; color: var(--muted); max-width: 68ch; }
header > p { margin: .35rem 0 1.25rem; }
section { margin-top: 1.25rem; padding: 1.25rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
dl { margin: 0; }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0; min-width: 0; }
footer { margin-top: 1.5rem; color: var(--muted); font-size: .85rem; }

.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .75rem; }
.tiles div { padding: .8rem 1rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px; }
.tiles dt { color: var(--muted); font-size: .85rem; }
.tiles dd { font-size: 1.6rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
.tiles div:first-child dd { color: var(--accent); }

.warnings { margin-top: 1.25rem; padding: .9rem 1.25rem; color: var(--warn); background: var(--warn-page);
  border: 1px solid currentColor; border-radius: 12px; overflow-wrap: anywhere; }
.warnings ul { margin: .3rem 0 0; padding-left: 1.2rem; max-height: 14rem; overflow: auto; }

.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 1.5rem; }
.charts figcaption { font-weight: 600; }
.chart { min-height: 300px; }
.uplot, .u-legend { font-family: inherit; color: var(--text); }
.u-legend { font-variant-numeric: tabular-nums; }
.u-legend .u-marker { height: 3px; border: 0 !important; }
:is(#loss, #accuracy) .u-series:nth-child(2) .u-marker { background: repeating-linear-gradient(90deg, var(--training) 0 5px, transparent 5px 8px) !important; }
:is(#loss, #accuracy) .u-series:nth-child(3) .u-marker { background: var(--validation) !important; }
details { margin-top: .75rem; }
summary { cursor: pointer; color: var(--accent); }

/* Sections that share a row where there is room. */
.pair { display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.pair > section { flex: 1 1 max-content; min-width: 0; max-width: 100%; }
/* Text takes the width that tables and drawings give. */
.pair :is(p, li, figcaption) { width: 0; min-width: 100%; }
.pair :is(.drawing, .recipe, .settings) { min-width: min(100%, 24rem); }
.pair .settings { display: block; }

.scroll { overflow: auto; max-height: 80vh; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
.numbers { min-width: min(100%, 26rem); font-size: .92rem; }
.numbers th, .numbers td { padding: .35rem .75rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
.numbers thead th { color: var(--muted); font-weight: 600; }
.numbers th:first-child, .numbers .text { text-align: left; }
.numbers thead th { position: sticky; top: 0; z-index: 1; background: var(--card); }
.numbers tbody th { font-weight: 500; }
.numbers tfoot th, .numbers tfoot td { font-weight: 600; border-bottom: 0; }
.numbers tfoot tr:first-child > * { border-top: 2px solid var(--line); }
.scores td > span { display: flex; align-items: center; justify-content: flex-end; gap: .5rem; }

.scores th, .scores td { padding: .35rem .5rem; }
.scores .bar { width: 6rem; }
.scores .bar + span { min-width: 4.2em; }

.matrix th, .matrix td { padding: .4rem .35rem; text-align: center; border: 2px solid var(--card); }
.matrix { font-size: .92rem; }
.matrix td { min-width: 4.2rem; border-radius: 6px; font-weight: 600; line-height: 1.2; }
.matrix small { display: block; font-weight: 400; font-size: .75rem; white-space: nowrap; }
.matrix thead td { color: var(--muted); font-weight: 400; font-size: .85rem; white-space: nowrap; }
.matrix th { font-weight: 600; }
.matrix tbody th { text-align: right; position: sticky; left: 0; background: var(--card); }
.matrix th span { display: inline-block; max-width: 11rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; vertical-align: bottom; }
.matrix .right { background: rgb(var(--right) / calc(var(--shade) * .55)); }
.matrix .wrong { background: rgb(var(--wrong) / calc(.12 + var(--shade) * .5)); }
.matrix .none { color: var(--muted); font-weight: 400; }
.crowded { font-size: .85rem; }
.crowded td { min-width: 2.5rem; padding: .35rem .25rem; }
.crowded thead th { position: sticky; top: 0; z-index: 1; background: var(--card); vertical-align: bottom; }
.crowded thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-width: none; max-height: 9rem; }
.crowded thead td { position: sticky; top: 0; left: 0; z-index: 2; background: var(--card); vertical-align: bottom; }

.bar { height: .5rem; border-radius: 4px; background: var(--line); overflow: hidden; }
.bar i { display: block; height: 100%; min-width: 2px; border-radius: 4px; background: rgb(var(--right)); }

.examples { display: grid; grid-template-columns: repeat(auto-fill, minmax(10rem, 1fr)); gap: .9rem; }
.example { position: relative; border: 1px solid var(--line); border-radius: 10px; overflow: hidden; font-size: .85rem; }
.example img { display: block; width: 100%; aspect-ratio: 1; object-fit: cover; background: var(--line); }
.example figcaption { padding: .6rem .7rem .7rem; overflow-wrap: anywhere; }
.example strong { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 2; overflow: hidden; font-size: .95rem; }
.guess { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.verdict { position: absolute; top: .5rem; right: .5rem; padding: .05rem .5rem; border-radius: 1rem; font-weight: 600;
  background: var(--card); color: var(--accent); }
.mistaken { border-color: rgb(var(--wrong)); box-shadow: 0 0 0 2px rgb(var(--wrong)); }
.mistaken .verdict { background: rgb(var(--wrong)); color: var(--card); }
.unseen { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; }
.example ol { list-style: none; margin: .5rem 0 .6rem; padding: 0; }
.example li { display: grid; grid-template-columns: minmax(0, 1fr) auto; gap: 0 .5rem; margin-top: .3rem; line-height: 1.3; }
.example .bar { grid-column: 1 / -1; height: .35rem; }
.example .other i { background: var(--muted); }
.example .mistake i { background: rgb(var(--wrong)); }
.score { font-variant-numeric: tabular-nums; }
.file { display: block; color: var(--muted); font-size: .75rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }

.settings { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 18rem), 1fr)); gap: 0 2rem; font-size: .92rem; }
.settings div { display: flex; justify-content: space-between; gap: 1rem; padding: .35rem 0; border-bottom: 1px solid var(--line); }
.settings dt { color: var(--muted); }
.settings dd { text-align: right; }
.recipe { margin: 0; padding-left: 1.2rem; max-width: 68ch; }
.recipe li { margin-bottom: .25rem; }
.way { margin: .9rem 0 0; }
.way + pre { margin-top: .35rem; }
pre { margin: .75rem 0 0; max-height: 36rem; overflow: auto; font: .8rem/1.45 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }

${drawingStyle}
@media screen {
  .scroll:has(.numbers) { max-height: 36rem; }
}
@media (min-width: 36.01rem) {
  .pair .scores { font-size: .88rem; }
  .pair .scores.numbers :is(th, td) { padding: .35rem .3rem; }
  .pair .scores .bar { width: 2rem; }
  .pair .scores .bar + span { min-width: 3.9em; }
  .pair .matrix { font-size: .86rem; }
  .pair .matrix td { min-width: 3.6rem; }
}
@media (max-width: 36rem) {
  body { padding: 1.25rem .75rem 2rem; }
  section { padding: 1rem .85rem; }
  h1 { font-size: 1.4rem; }
  .tiles { grid-template-columns: 1fr 1fr; }
  .tiles dd { font-size: 1.25rem; }
  .examples { grid-template-columns: 1fr 1fr; gap: .7rem; }
  .matrix { font-size: .8rem; }
  .matrix td { min-width: 2.9rem; }
  .matrix th, .matrix td { padding: .3rem .15rem; }
  .matrix thead td { white-space: normal; }
  .matrix small { font-size: .68rem; }
  .matrix thead th span { writing-mode: vertical-rl; transform: rotate(180deg); max-width: none; max-height: 9rem; }
  .numbers { font-size: .85rem; }
  .numbers th, .numbers td { padding: .35rem .4rem; }
  .numbers th:first-child, .numbers .text { white-space: normal; overflow-wrap: anywhere; min-width: 5.2rem; }
  .numbers thead th { white-space: normal; }
  .scores { font-size: .8rem; }
  .scores.numbers th, .scores.numbers td { padding: .3rem .2rem; }
  .scores .bar + span { min-width: 0; }
  .scores .bar { display: none; }
  .sizes .bar { min-width: 5rem; }
  .sizes td:last-child { width: 40%; }
}
@media print {
  body { padding: 0; background: none; font-size: 10.5pt; }
  section, .tiles div { border-color: #ccc; }
  section { padding: .9rem; box-decoration-break: clone; -webkit-box-decoration-break: clone; }
  .tiles dd { font-size: 1.25rem; }
  .examples { grid-template-columns: repeat(4, 1fr); gap: .5rem; }
  figure, .tiles, tr, section:has(.plot) { break-inside: avoid; }
  h2, h3, p { break-after: avoid; }
  .chart { min-height: 0; }
  .scroll, pre, .warnings ul { max-height: none; overflow: visible; }
  pre { font-size: 6.5pt; }
  .bar, .bar i, .matrix td, .u-marker, .mistaken, .verdict { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
}
`
