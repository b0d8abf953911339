import { type Html, html } from './html.js'
import { renderPage } from './page.js'
import { Plot, powersOfTen, roundTicks } from './plot.js'

/** What a learning-rate finder measured: the loss as the rate rises from step to step, and the rate it suggests. */
export interface LearningRateSearch {
  points: readonly { learningRate: number; loss: number }[]
  suggested: number
}

/**
 * Loss over learning rate, on a logarithmic axis, with the suggested rate marked.
 * Smith, "Cyclical Learning Rates for Training Neural Networks", https://arxiv.org/abs/1506.01186
 */
export function renderLearningRates({ points, suggested }: LearningRateSearch): Html {
  const finite = points.filter(({ learningRate, loss }) => learningRate > 0 && Number.isFinite(loss))
  if (finite.length < 2) return html``
  const rates = finite.map(({ learningRate }) => learningRate)
  const range = [Math.min(...rates, suggested), Math.max(...rates, suggested)] as const
  const losses = lossRange(finite.map(({ loss }) => loss))
  const plot = new Plot(
    { title: 'learning rate', range, ticks: powersOfTen(range), format: exponent, logarithmic: true },
    { title: 'loss', range: losses, ticks: roundTicks(losses, 5), format: (value) => String(+value.toPrecision(4)) },
  )
  const away = finite.findIndex(({ loss }) => loss > losses[1])
  const shown = away < 0 ? finite : finite.slice(0, away + 1)
  const curve = shown.map(({ learningRate, loss }) => [learningRate, Math.min(loss, losses[1])] as const)
  const rate = String(+suggested.toPrecision(3))
  const content = html`${plot.line(curve, 'curve')}${plot.line(
    [
      [suggested, losses[0]],
      [suggested, losses[1]],
    ],
    'mark',
  )}`
  return html`<section aria-labelledby="rates"><h2 id="rates">Learning rate</h2>
<p>The suggested rate is <strong>${rate}</strong>, the dashed line: where the loss falls fast and is still far from where it rises again.</p>
<figure class="drawing">${plot.render(content, `Loss over learning rate; the suggested rate is ${rate}`)}</figure></section>`
}

/** The same as a page of its own. `createdAt` is ISO 8601. */
export function renderLearningRatePage(search: LearningRateSearch, title: string, createdAt: string): string {
  return renderPage({ title, createdAt, body: renderLearningRates(search) })
}

/** From the lowest loss to somewhat above the first: where training diverges the curve may leave through the top. */
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
