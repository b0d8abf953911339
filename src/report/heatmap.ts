import { cellNote } from './confused-pairs.js'
import { type Html, html, raw } from './html.js'

/** The width of a page in pixels, and what cells may measure: the names beside the rows are just readable. */
const [pageWidth, smallestCell, largestCell] = [1060, 9, 20]
const longestName = 22

/** A confusion matrix of shades for 25 to 150 classes: the darker, the larger the share of the row's class. */
export function renderHeatmap(classes: readonly string[], confusion: readonly (readonly number[])[]): Html {
  const names = classes.map((name) => (name.length > longestName ? `${name.slice(0, longestName - 1)}…` : name))
  const margin = Math.max(...names.map((name) => name.length)) * 6 + 8
  const fitting = Math.floor((pageWidth - margin) / classes.length)
  const cell = Math.min(Math.max(fitting, smallestCell), largestCell)
  const size = margin + classes.length * cell
  const middle = (i: number) => margin + i * cell + cell / 2
  const labels = names.map(
    (
      name,
      i,
    ) => html`<text x="${margin - 4}" y="${middle(i) + 3}" text-anchor="end">${name}<title>${classes[i]!}</title></text>
<text transform="translate(${middle(i) + 3},${margin - 4}) rotate(-90)">${name}<title>${classes[i]!}</title></text>`,
  )
  const stripes = classes.map((_, i) =>
    i % 10 < 5
      ? html``
      : html`<rect class="stripe" x="${margin}" y="${margin + i * cell}" width="${size - margin}" height="${cell}"/>`,
  )
  const cells = confusion.flatMap((row, i) => {
    const total = row.reduce((sum, count) => sum + count, 0)
    return row.flatMap((count, j) => {
      if (count === 0) return []
      const share = i === j ? count / total : Math.sqrt(count / total)
      const note = cellNote(count, total, classes[i]!, classes[j]!)
      return html`<rect class="${i === j ? 'right' : 'wrong'}" x="${margin + j * cell}" y="${margin + i * cell}" width="${cell - 1}" height="${cell - 1}" style="--shade:${raw(share.toFixed(3))}"><title>${note}</title></rect>`
    })
  })
  return html`<svg class="heatmap" width="${size}" height="${size}" viewBox="0 0 ${size} ${size}" role="img" aria-label="Confusion matrix of ${classes.length} classes">
${stripes}${labels}${cells}</svg>`
}
