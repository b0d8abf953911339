import type { Calibration, CalibrationBin, Evaluation } from '../pipeline/index.js'
import { percent } from './format.js'
import { type Html, html } from './html.js'
import { Plot } from './plot.js'

const tenths = [0, 0.2, 0.4, 0.6, 0.8, 1]
const share = (value: number) => percent(value, 0)

/** The reliability diagram: how often answers of each confidence are right, and the expected calibration error. */
export function renderReliability({ calibration, accuracy, count }: Evaluation): Html {
  if (count === 0) return html``
  const { error, confidence, bins } = calibration
  const plot = new Plot(
    { title: 'confidence', range: [0, 1], ticks: tenths, format: share },
    { title: 'share that is right', range: [0, 1], ticks: tenths, format: share },
  )
  const filled = bins.filter((bin) => bin.count > 0)
  const most = Math.max(...filled.map((bin) => bin.count))
  const content = html`${filled.map((bin) => bar(plot, bin, most))}${plot.line(
    [
      [0, 0],
      [1, 1],
    ],
    'ideal',
  )}`
  return html`<section aria-labelledby="reliability">
<h2 id="reliability">Is it as right as it is sure?</h2>
<p>${verdict(calibration, accuracy)}</p>
<figure class="drawing">${plot.render(content, `Reliability diagram: expected calibration error ${percent(error)}, mean confidence ${percent(confidence)}, accuracy ${percent(accuracy)}`)}
<figcaption>A bar is the answers of one range of confidence, and its height how many of them were right; the darker, the more answers.
On the dashed line the model is right as often as it says. Expected calibration error over ${bins.length} bins: <strong>${percent(error)}</strong>.</figcaption></figure></section>`
}

function bar(plot: Plot, { lower, upper, count, confidence, accuracy }: CalibrationBin, most: number): Html {
  const note = `${count} answers with ${percent(lower, 0)} to ${percent(upper, 0)}: on average ${percent(confidence)} sure, and ${percent(accuracy)} right`
  const [left, top] = [plot.x(lower), plot.y(accuracy)]
  // The root, so that bins with few answers can be seen beside the last one, which has most of them.
  const opacity = (0.25 + 0.75 * Math.sqrt(count / most)).toFixed(2)
  // A bin in which nothing was right is a line on the ground.
  const height = Math.max(plot.y(0) - top, 1.5)
  return html`<rect class="share" x="${left + 1}" y="${plot.y(0) - height}" width="${plot.x(upper) - left - 2}" height="${height}" opacity="${opacity}"><title>${note}</title></rect>`
}

/** The sign of the gap in words: below one point it is even. */
function verdict({ error, confidence }: Calibration, accuracy: number): string {
  const gap = confidence - accuracy
  const figures = `it is ${percent(confidence)} sure on average, and right in ${percent(accuracy)}`
  if (error < 0.02) return `Yes: ${figures}.`
  if (Math.abs(gap) < 0.01)
    return `On the whole: ${figures}, but too sure of some answers and not sure enough of others.`
  return gap > 0
    ? `It is too sure of itself: ${figures}. Take its probabilities with a grain of salt.`
    : `It is more often right than it says: ${figures}. Label smoothing and short training do that; the order of the answers is not affected.`
}
