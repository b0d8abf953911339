/** The look of a model's page, besides that of all pages. */
export const modelPageStyle = `
:root {
  --embedding: #0369a1; --attention: #6d3fd1; --mlp: #0f766e; --norm: #8f6000; --product: #1d56c9; --activation: #b8480c;
  --sum: #526072; --head: #b81d6b; --layout: #667080; --stream: #0f766e; --differs: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root:not([data-paper]) {
    --embedding: #6cc3f7; --attention: #b8a1ff; --mlp: #4fd1c0; --norm: #ecc05c; --product: #8db4ff; --activation: #f2a567;
    --sum: #a7b3c4; --head: #f58fbf; --layout: #97a2b2; --stream: #4fd1c0; --differs: #ff9b8f;
  }
}
.f-embedding { --c: var(--embedding); } .f-attention { --c: var(--attention); } .f-mlp { --c: var(--mlp); }
.f-norm { --c: var(--norm); } .f-product { --c: var(--product); } .f-activation { --c: var(--activation); }
.f-sum { --c: var(--sum); } .f-head { --c: var(--head); } .f-layout { --c: var(--layout); }
body { max-width: 110rem; padding: .9rem 1.5rem 2rem; }
h1 { font-size: 1.5rem; }
header > p { margin: .25rem 0 0; }
header > p:not(.sentence) { position: absolute; top: 1.2rem; right: 1.5rem; font-size: .82rem; }
.sentence { max-width: 110ch; color: var(--text); font-size: 1.05rem; }
.facts-line { display: flex; flex-wrap: wrap; gap: .15rem 1.6rem; margin-top: .4rem; font-size: .92rem; }
.facts-line div { display: flex; flex-direction: row-reverse; gap: .4em; }
.facts-line dt { color: var(--muted); }
.facts-line dd { font-weight: 650; font-variant-numeric: tabular-nums; }
h2 { font-size: 1.05rem; }
section > p { margin-bottom: .75rem; max-width: 100ch; }
button { font: inherit; color: inherit; background: none; border: 0; padding: 0; text-align: inherit; cursor: pointer; }
.link { color: var(--accent); text-align: left; overflow-wrap: anywhere; }
.link:hover { text-decoration: underline; }
code { font: .86em/1.4 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
kbd { display: inline-block; min-width: 1.5em; padding: 0 .35em; text-align: center; font: .8em/1.5 inherit; font-family: inherit; color: var(--muted);
  border: 1px solid var(--line); border-bottom-width: 2px; border-radius: 5px; background: var(--card); }
.defs { position: absolute; }
.defs path { fill: var(--sum); }
#stream-head path { fill: var(--stream); }

.toolbar { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; position: sticky; top: 0; z-index: 5; margin: .5rem -1.5rem .6rem; padding: .45rem 1.5rem;
  background: var(--page); border-bottom: 1px solid var(--line); }
.toolbar nav { flex: 1 1 20rem; min-width: 0; }
#crumbs { display: flex; flex-wrap: wrap; margin: 0; padding: 0; list-style: none; }
#crumbs li + li::before { content: "›"; padding: 0 .5em; color: var(--muted); }
#crumbs [aria-current] { color: var(--text); font-weight: 650; }
.finder { position: relative; flex: 0 1 24rem; }
.finder input { width: 100%; padding: .45rem 2.4rem .45rem .8rem; font: inherit; font-size: .95rem; color: var(--text); background: var(--card); border: 1px solid var(--line); border-radius: 9px; }
.finder input::placeholder { color: var(--muted); opacity: 1; }
.finder input:focus-visible { outline-offset: 0; }
.finder kbd { position: absolute; right: .6rem; top: .55rem; }
#results { position: absolute; right: 0; width: max(100%, min(92vw, 28rem)); margin: .3rem 0 0; padding: .3rem; max-height: 24rem; overflow: auto; list-style: none; background: var(--card);
  border: 1px solid var(--line); border-radius: 10px; box-shadow: 0 10px 30px rgb(0 0 0 / .18); }
#results li { display: grid; padding: .35rem .6rem .4rem .7rem; border-radius: 7px; border-left: 3px solid var(--c, transparent); font-size: .9rem; cursor: pointer; }
#results span, #results small { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; color: var(--muted); }
#results [aria-selected=true] { background: color-mix(in srgb, var(--accent) 14%, var(--card)); }
.keys { margin: 0; font-size: .82rem; white-space: nowrap; }
.keys kbd { margin: 0 .15em 0 .35em; }
.keys kbd:first-child { margin-left: 0; }

.stage-and-panel { display: grid; grid-template-columns: minmax(0, 1fr) 21.5rem; gap: 1rem; align-items: start; }
#shelf { position: relative; display: flex; align-items: flex-start; gap: 1.75rem; padding: 2px 2px 1rem; overflow-x: auto; min-width: 0; }
.column { position: relative; flex: none; margin: 0; padding: .7rem .6rem .7rem; border-radius: 14px; }
.column:not(.house) { border-color: color-mix(in srgb, var(--c) 45%, var(--line)); animation: unfold .18s ease-out; }
@keyframes unfold { from { opacity: 0; transform: translateX(-14px); } }
.column > header { display: flex; padding-left: .3rem; align-items: baseline; gap: .6rem; margin-bottom: .4rem; white-space: nowrap; }
.column > header h2 { margin: 0; color: var(--c); }
.column > header span { color: var(--muted); font-size: .82rem; }
.column:not(.house) { max-width: min(70rem, 92vw); }
.canvas { display: flex; overflow-x: auto; }
.canvas svg { flex: none; margin: auto; }
.lens { position: absolute; top: 0; overflow: visible; pointer-events: none; }
.lens path { fill: color-mix(in srgb, var(--c) 15%, transparent); stroke: none; }

.house { width: 21.5rem; padding: .7rem .55rem; }
.building { display: grid; gap: .5rem; }
.stage { padding: .35rem .4rem .45rem; border-radius: 10px; background: color-mix(in srgb, var(--c) 6%, var(--card)); border: 1px solid color-mix(in srgb, var(--c) 22%, var(--line)); }
.stage ol { display: grid; gap: 3px; margin: 0; padding: 0; list-style: none; }
.stage-name { font-size: .75rem; font-weight: 650; letter-spacing: .04em; text-transform: uppercase; color: var(--c); margin: 0 0 .25rem .3rem; }
.stage-name.selected { text-decoration: underline; }
.storey { display: grid; grid-template-columns: minmax(0, 1fr) 8.8rem; gap: .5rem; align-items: center; width: 100%; border-radius: 7px; }
.slab { display: flex; align-items: center; justify-content: space-between; gap: .4rem; min-width: 0; padding: .2rem .5rem; border-radius: 6px; font-size: .8rem;
  background: color-mix(in srgb, var(--c) 16%, var(--card)); border: 1px solid color-mix(in srgb, var(--c) 40%, var(--card)); }
.slab-name { white-space: nowrap; font-weight: 550; }
.storey.quiet .slab { padding-block: 0; font-size: .74rem; }
.storey:hover .slab { border-color: var(--c); }
.storey.open .slab { background: color-mix(in srgb, var(--c) 30%, var(--card)); border-color: var(--c); }
.storey.selected .slab { box-shadow: 0 0 0 1.5px var(--c); }
.windows { display: grid; grid-template-columns: repeat(var(--columns), auto); gap: 2px; }
.windows i { width: 4px; height: 9px; border-radius: 1px; background: color-mix(in srgb, var(--c) 45%, var(--card)); }
.windows.many i { height: 5px; }
.storey.open .windows i { background: #ffd257; box-shadow: 0 0 4px #ffd257aa; }
.mark { fill: var(--differs); color: var(--differs); font-weight: 700; }
.meters { display: grid; grid-auto-flow: column; grid-auto-columns: 1fr; gap: 6px; align-items: center; }
.meters.head { justify-self: end; width: 8.8rem; margin: -.35rem calc(.4rem + 1px) -.25rem 0; color: var(--muted); font-size: .64rem; }
.slim .meters { display: none; }
.slim .storey { display: block; }
.slim.house { width: 11.2rem; }
.slim .end b { display: none; }
.stage-and-panel .slim .slab { padding-inline: .35rem; font-size: .74rem; }
.slim .windows i { width: 3.5px; }
.meter { display: block; height: 7px; border-radius: 3px; background: color-mix(in srgb, var(--line) 60%, transparent); overflow: hidden; }
.meter i { display: block; height: 100%; border-radius: 3px; background: var(--c); }
.between { padding-left: 1.1rem; color: var(--muted); font-size: .72rem; line-height: 1.25; }
.between::before { content: "↓ "; }
.tensor { display: grid; min-width: 0; }
.end { display: flex; align-items: center; gap: .4rem .7rem; padding: 0 .3rem; font-size: .8rem; color: var(--muted); }
.end b { color: var(--text); font-weight: 600; overflow-wrap: anywhere; }
.picture { width: 74px; height: 74px; border-radius: 3px; }
.logits { width: 52px; height: 20px; fill: color-mix(in srgb, var(--head) 40%, var(--card)); }
.logits .top { fill: var(--head); }

.drawing-of-part { display: block; overflow: visible; }
.drawing-of-part text { text-anchor: middle; fill: var(--text); }
.box { cursor: pointer; }
.box rect { fill: color-mix(in srgb, var(--c) 11%, var(--card)); stroke: color-mix(in srgb, var(--c) 50%, var(--card)); stroke-width: 1.2; transition: fill .12s; }
.box .title { font-size: 13px; font-weight: 600; }
.box .subtitle { font-size: 10.5px; fill: var(--muted); }
.box .chevron { fill: none; stroke: var(--c); stroke-width: 1.6; stroke-linecap: round; stroke-linejoin: round; }
.box .mark { font-size: 15px; }
.box:hover rect { fill: color-mix(in srgb, var(--c) 20%, var(--card)); }
.box.open rect, .box.selected rect { fill: color-mix(in srgb, var(--c) 26%, var(--card)); stroke: var(--c); }
.box.selected rect { stroke-width: 2.5; }
.box.differs rect { stroke: var(--differs); stroke-dasharray: 5 3; }
.box.lit rect { fill: color-mix(in srgb, #ffc531 55%, var(--card)); stroke: #c98a00; stroke-width: 2; }
.box:focus { outline: none; }
.box:focus-visible rect { stroke: var(--accent); stroke-width: 3; }
.arrow { fill: none; stroke: var(--sum); stroke-width: 1.3; opacity: .85; }
.arrow.stream { stroke: var(--stream); stroke-width: 3; opacity: 1; }
.drawing-of-part .role { font-weight: 700; fill: var(--attention); }
.drawing-of-part .shape { font-size: 10px; fill: var(--muted); paint-order: stroke; stroke: var(--card); stroke-width: 4px; stroke-linejoin: round; font-variant-numeric: tabular-nums; }
.port { fill: var(--card); stroke: var(--sum); stroke-width: 1.5; }
.drawing-of-part .port-name { font-size: 11px; font-style: italic; fill: var(--muted); }

aside { position: sticky; top: 3.4rem; }
#sheet { display: none; }
#inspector { max-height: calc(100vh - 4.2rem); overflow: auto; padding: 1rem 1.1rem; background: var(--card); border: 1px solid var(--line); border-radius: 14px; font-size: .92rem; }
#inspector h2 { margin: 0; font-size: 1.15rem; color: var(--c); }
#inspector h3 { margin: 1rem 0 .3rem; font-size: .78rem; letter-spacing: .04em; text-transform: uppercase; color: var(--muted); }
#inspector > p { margin: .35rem 0 .5rem; }
#inspector .name { margin: 0; font-size: .9rem; }
.difference { margin: .5rem 0; padding: .5rem .7rem; list-style: none; color: var(--differs); border: 1px dashed currentColor; border-radius: 8px; }
.formula { margin: .6rem 0 .8rem; padding: .35rem .4rem; overflow-x: auto; border-radius: 10px; background: color-mix(in srgb, var(--page) 70%, var(--card)); }
.formula math { margin: .45rem 0; font-size: 1.08rem; font-family: "Latin Modern Math", "STIX Two Math", "Cambria Math", "DejaVu Math TeX Gyre", math; }
.formula [data-term] { cursor: pointer; border-radius: 4px; transition: background .12s; }
.formula .lit { background: color-mix(in srgb, #ffc531 60%, var(--card)); }
.formula .chosen { background: color-mix(in srgb, var(--accent) 24%, var(--card)); }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.2rem, 1fr)); gap: .4rem .8rem; margin: .5rem 0; }
.figures dt { font-size: .76rem; color: var(--muted); }
.figures dd { font-weight: 650; font-variant-numeric: tabular-nums; }
.facts { width: 100%; font-size: .88rem; }
.facts th { padding: .15rem .8rem .15rem 0; text-align: left; font-weight: 400; color: var(--muted); vertical-align: top; white-space: nowrap; }
.facts td { padding: .15rem 0; overflow-wrap: anywhere; }
.values { margin: 0; padding: 0; list-style: none; }
.values li { display: grid; margin-bottom: .35rem; }
.values span { color: var(--muted); font-size: .85rem; font-variant-numeric: tabular-nums; }
.weight { margin-bottom: .9rem; }
.weight figcaption { font-size: .85rem; color: var(--muted); }
.weight figcaption b { color: var(--text); overflow-wrap: anywhere; }
.weight figcaption code { display: block; font-size: .74rem; }
.weight p { margin: 0; font-size: .8rem; font-variant-numeric: tabular-nums; }
.histogram { display: block; width: 100%; margin-top: .3rem; }
.histogram .bars { fill: var(--accent); opacity: .85; }
.histogram .spread { fill: color-mix(in srgb, var(--accent) 12%, transparent); }
.histogram .mean { stroke: var(--text); stroke-width: 1; stroke-dasharray: 3 3; }
.histogram text { font-size: 11px; fill: var(--muted); }

.differences ul { margin: .4rem 0 0; padding-left: 1.2rem; max-height: 16rem; overflow: auto; }
.differences h2 span { color: var(--differs); }
.timeline { min-height: 8rem; }
.timeline svg { display: block; cursor: crosshair; }
.timeline text { font-size: 11px; fill: var(--muted); text-anchor: middle; pointer-events: none; }
.timeline .axis { text-anchor: end; }
.timeline .band { fill: color-mix(in srgb, var(--c) 9%, transparent); }
.timeline .band.odd { fill: color-mix(in srgb, var(--c) 17%, transparent); }
.timeline .times { fill: var(--c); stroke: var(--card); stroke-width: .3; }
.timeline .memory { fill: color-mix(in srgb, var(--accent) 45%, transparent); stroke: var(--accent); stroke-width: 1; stroke-linejoin: round; }
.timeline .cursor { stroke: var(--text); stroke-width: 1; pointer-events: none; }
.readout { min-height: 1.5em; margin: .2rem 0 0; font-size: .88rem; max-width: none; font-variant-numeric: tabular-nums; }
.operators { display: grid; grid-template-columns: repeat(auto-fill, minmax(19rem, 1fr)); gap: .3rem 2rem; margin: 0; padding: 0; list-style: none; font-size: .88rem; }
.operators li { display: grid; grid-template-columns: 8rem 1fr 6.5rem; gap: .6rem; align-items: center; }
.operators span:first-child { overflow: hidden; text-overflow: ellipsis; }
.operators span:last-child { text-align: right; color: var(--muted); font-variant-numeric: tabular-nums; }

@media (max-width: 68rem) {
  .stage-and-panel { display: block; }
  body { padding-bottom: 12rem; }
  aside { position: fixed; left: 0; right: 0; bottom: 0; top: auto; z-index: 4; padding-top: .3rem; background: var(--card); border: 1px solid var(--line); border-radius: 16px 16px 0 0; box-shadow: 0 -8px 24px rgb(0 0 0 / .16); }
  #inspector { max-height: 9.5rem; border: 0; padding: 0 1.1rem 1rem; border-radius: 0; }
  #sheet { display: block; width: 100%; padding: .2rem 1.1rem .3rem; text-align: center; font-size: .8rem; color: var(--accent); }
  #sheet::before { content: "▴ "; }
  #sheet[aria-expanded=true]::before { content: "▾ "; }
  #sheet[aria-expanded=true] + #inspector { max-height: 72vh; }
}
@media (max-width: 80rem) { .keys { display: none; } }
@media (max-width: 36rem) {
  body { padding: .9rem .75rem 1rem; }
  header > p:not(.sentence) { position: static; }
  .toolbar { margin-inline: -.75rem; padding-inline: .75rem; }
  #crumbs { flex-wrap: nowrap; overflow-x: auto; white-space: nowrap; }
  .finder { flex: 1 1 100%; }
  .house { width: calc(100vw - 1.75rem); }
  .operators { grid-template-columns: 1fr; }
}
@media (prefers-reduced-motion: reduce) { .column { animation: none !important; } }
@media print {
  .stage-and-panel { display: block; }
  #inspector { position: static; max-height: none; }
  #shelf { overflow: visible; flex-wrap: wrap; }
  .toolbar, .keys { display: none; }
}
`
