/** The look of what is drawn as SVG, and of bars. */
export const drawingStyle = `
.drawing { max-width: 40rem; }
.drawing figcaption { margin-top: .5rem; color: var(--muted); font-size: .88rem; }
.plot { display: block; width: 100%; height: auto; }
.plot text { fill: var(--muted); font-size: 12px; }
.plot path { fill: none; }
.plot .grid { stroke: var(--line); }
.plot .share { fill: rgb(var(--right)); }
.plot .ideal, .plot .mark { stroke: var(--text); stroke-width: 1.5; stroke-dasharray: 5 4; }
.plot .faint { stroke: var(--validation); opacity: .4; }
.plot .curve { stroke: var(--validation); stroke-width: 2; stroke-linejoin: round; }

.heatmap { display: block; }
.heatmap text { fill: var(--text); font-size: 9px; }
.heatmap .stripe { fill: var(--line); opacity: .3; }
.heatmap .right { fill: rgb(var(--right) / calc(.15 + var(--shade) * .85)); }
.heatmap .wrong { fill: rgb(var(--wrong) / calc(.2 + var(--shade) * .8)); }

.sizes .bar { display: flex; min-width: 10rem; width: 100%; }
.sizes .bar i { min-width: 0; border-radius: 0; }
.sizes .bar .judged { opacity: .45; }
.sizes td:last-child { width: 60%; }
`
