import type { LearningRateSearch } from '../train/learning-rate-finder.js'
import { type Html, html } from './html.js'
import { renderPage } from './page.js'
import { Plot, powersOfTen, roundTicks } from './plot.js'

/**
 * Loss over learning rate, on a logarithmic axis, with the suggested rate marked.
 * Smith, "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186
 */
export function renderLearningRates({ points, suggestion }: LearningRateSearch): Html {
  const finite = points.filter(({ learningRate, loss }) => learningRate > 0 && Number.isFinite(loss))
  if (finite.length < 2) return html``
  const rates = finite.map(({ learningRate }) => learningRate)
  const range = [Math.min(...rates, suggestion), Math.max(...rates, suggestion)] as const
  const losses = lossRange(finite.map(({ smoothed }) => smoothed))
  const plot = new Plot(
    { title: 'learning rate', range, ticks: powersOfTen(range), format: exponent, logarithmic: true },
    { title: 'loss', range: losses, ticks: roundTicks(losses, 5), format: (value) => String(+value.toPrecision(4)) },
  )
  const within = (loss: number) => Math.max(Math.min(loss, losses[1]), losses[0])
  const line = (key: 'loss' | 'smoothed', kind: string) =>
    plot.line(
      finite.map((point) => [point.learningRate, within(point[key])]),
      kind,
    )
  const rate = String(+suggestion.toPrecision(3))
  const content = html`${line('loss', 'faint')}${line('smoothed', 'curve')}${plot.line(
    [
      [suggestion, losses[0]],
      [suggestion, losses[1]],
    ],
    'mark',
  )}`
  return html`<section aria-labelledby="rates"><h2 id="rates">Learning rate</h2>
<p>The suggested rate is <strong>${rate}</strong>, the dashed line: where the smoothed loss falls fastest. The faint line is the loss of each step.</p>
<figure class="drawing">${plot.render(content, `Loss over learning rate; the suggested rate is ${rate}`)}</figure></section>`
}

/** The same as a page of its own. `createdAt` is ISO 8601. */
export function renderLearningRatePage(search: LearningRateSearch, title: string, createdAt: string): string {
  return renderPage({ title, createdAt, body: renderLearningRates(search) })
}

/** From the lowest loss to somewhat above the first: where training diverges the curve ends at the top. */
function lossRange(losses: readonly number[]): readonly [number, number] {
  const lowest = Math.min(...losses)
  const highest = Math.min(Math.max(...losses), losses[0]! + (losses[0]! - lowest) + 0.1)
  const room = 0.05 * (highest - lowest)
  return [lowest - room, highest + room]
}

const superscripts: Record<string, string> = {
  '-': '⁻',
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((c, i) => [i, c])),
}

const exponent = (power: number) =>
  `10${[...String(Math.round(Math.log10(power)))].map((character) => superscripts[character]).join('')}`
