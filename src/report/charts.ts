import type { EpochMetrics } from '../train/index.js'
import { decimal, percent } from './format.js'
import { type Html, html, json, raw } from './html.js'

/** Loss, accuracy and learning rate over the epochs, and the same figures as a table. */
export function renderCharts(epochs: readonly EpochMetrics[], chartScript: string): Html {
  if (epochs.length === 0) return html``
  const last = epochs.at(-1)!
  const best = epochs.reduce((a, b) => (b.validationAccuracy > a.validationAccuracy ? b : a))
  const column = (key: keyof EpochMetrics) => epochs.map((epoch) => epoch[key])
  const data = {
    epochs: column('epoch'),
    loss: [column('trainLoss'), column('validationLoss')],
    accuracy: [column('trainAccuracy'), column('validationAccuracy')],
    rate: [column('learningRate')],
  }
  return html`<section aria-labelledby="curves">
<h2 id="curves">Learning curves</h2>
<p>Validation accuracy is best after epoch ${best.epoch}: ${percent(best.validationAccuracy)}.</p>
<div class="charts">
<figure><figcaption>Loss</figcaption>
<div class="chart" id="loss" role="img" aria-label="Loss by epoch, at the end ${decimal(last.trainLoss)} in training and ${decimal(last.validationLoss)} in validation"></div></figure>
<figure><figcaption>Accuracy</figcaption>
<div class="chart" id="accuracy" role="img" aria-label="Accuracy by epoch, at the end ${percent(last.trainAccuracy)} in training and ${percent(last.validationAccuracy)} in validation"></div></figure>
<figure><figcaption>Learning rate</figcaption>
<div class="chart" id="rate" role="img" aria-label="Learning rate by epoch, at the end ${decimal(last.learningRate, 6)}"></div></figure>
</div>
<details><summary>Figures of each epoch</summary>${epochTable(epochs)}</details>
<script type="application/json" id="metrics">${json(data)}</script>
<script>${raw(chartScript)}</script>
<script>${raw(script)}</script>
</section>`
}

function epochTable(epochs: readonly EpochMetrics[]): Html {
  const rows = epochs.map(
    (e) => html`<tr><th scope="row">${e.epoch}</th><td>${decimal(e.trainLoss)}</td><td>${decimal(e.validationLoss)}</td>
<td>${percent(e.trainAccuracy)}</td><td>${percent(e.validationAccuracy)}</td><td>${decimal(e.learningRate, 6)}</td><td>${e.seconds.toFixed(1)}</td></tr>`,
  )
  return html`<div class="scroll" tabindex="0" role="region" aria-label="Figures of each epoch"><table class="numbers">
<thead><tr><th scope="col">Epoch</th><th scope="col">Training loss</th><th scope="col">Validation loss</th><th scope="col">Training accuracy</th>
<th scope="col">Validation accuracy</th><th scope="col">Learning rate</th><th scope="col">Seconds</th></tr></thead>
<tbody>${rows}</tbody></table></div>`
}

/**
 * Runs in the page. Canvas knows no CSS, so the charts are drawn anew when light turns to dark; on paper it is light.
 * Training is dashed, so that the curves can be told apart without colours too.
 */
const script = `
(() => {
  const data = JSON.parse(document.getElementById('metrics').textContent)
  const root = document.documentElement
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim()
  const percent = (value, digits) => (value * 100).toFixed(digits) + ' %'
  const panels = [
    { id: 'loss', format: (value) => value.toFixed(4), tick: (value) => String(+value.toPrecision(4)), top: Infinity, size: 52 },
    { id: 'accuracy', format: (value) => percent(value, 1), tick: (value, step) => percent(value, step < 0.01 ? 1 : 0), top: 1.005, size: 58 },
    { id: 'rate', format: (value) => value.toExponential(2), tick: (value) => String(+value.toPrecision(3)), top: Infinity, size: 70 },
  ]
  const whole = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500, 1000, 2000, 5000]
  const last = data.epochs.length - 1
  const margin = last === 0 ? 0.5 : 0
  let charts = []

  const curve = (label, stroke, dash, format) => ({
    label, stroke, dash, width: 2,
    points: { show: data.epochs.length <= 30, size: 6, fill: stroke },
    value: (chart, value) => (value == null ? '–' : format(value)),
  })

  const draw = ({ id, format, tick, top, size }) => {
    const box = document.getElementById(id)
    const axis = { stroke: color('--muted'), grid: { stroke: color('--line'), width: 1 }, ticks: { show: false } }
    return new uPlot({
      width: box.clientWidth,
      height: 260,
      cursor: { sync: { key: 'epoch' }, drag: { x: false, y: false }, y: false },
      scales: {
        x: { time: false, range: () => [data.epochs[0] - margin, data.epochs[last] + margin] },
        y: { range: (chart, low, high) => {
          const room = Math.max((high - low) * 0.08, high * 0.05) || 0.001
          return [Math.max(0, low - room), Math.min(top, high + room)]
        } },
      },
      axes: [
        { ...axis, incrs: whole, size: 34 },
        { ...axis, size, values: (chart, splits, axis, space, step) => splits.map((value) => tick(value, step)) },
      ],
      series: [
        { label: 'Epoch', value: (chart, value) => (value == null ? '–' : String(value)) },
        ...(data[id].length === 1
          ? [curve('At the end of the epoch', color('--text'), undefined, format)]
          : [curve('Training', color('--training'), [6, 4], format), curve('Validation', color('--validation'), undefined, format)]),
      ],
      // Without a pointer on the chart the legend tells how training ended.
      hooks: { setLegend: [(chart) => chart.legend.idx == null && chart.setLegend({ idx: last }, false)] },
    }, [data.epochs, ...data[id]], box)
  }

  const drawAll = () => {
    for (const chart of charts) chart.destroy()
    charts = panels.map(draw)
    for (const chart of charts) chart.setLegend({ idx: last })
  }
  drawAll()

  new ResizeObserver(() => {
    charts.forEach((chart, i) => {
      const width = document.getElementById(panels[i].id).clientWidth
      if (width !== chart.width) chart.setSize({ width, height: 260 })
    })
  }).observe(document.querySelector('.charts'))
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll)
  addEventListener('beforeprint', () => { root.dataset.paper = ''; drawAll() })
  addEventListener('afterprint', () => { delete root.dataset.paper; drawAll() })
})()
`
